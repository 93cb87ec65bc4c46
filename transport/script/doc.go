// Package script writes Go values into JavaScript source, for Eval, EvalResult and for pages that
// are made in Go. What a value holds can't become code: it stays one value, whatever its strings
// say.
//
// # Contract
//
//   - Value gives one operand: it may stand alone, behind an operator, before a dot. Objects and
//     numbers stand in parentheses for that reason.
//   - The text is valid UTF-8 of one line. It has no '<', '>' or '&', no control characters, no
//     U+2028 and U+2029: inside an HTML <script> element it can neither end the element nor begin a
//     comment.
//   - Evaluating it calls nothing but JSON.parse, and only for objects and arrays that are long, or
//     that came as JSON text with doubtful keys.
//   - The functions keep nothing and share nothing: any goroutine may call them.
//
// # Which value the page gets
//
// The rules of encoding/json hold, with its tags: time.Time is a string in RFC 3339, []byte one in
// base64, a nil slice or map null, a json.Marshaler what JSON.parse makes of its text. Invalid
// UTF-8 becomes U+FFFD. Where JSON has no word for a value, JavaScript has one:
//
//	NaN, ±Inf, -0                          NaN, ±Infinity, -0
//	integer within ±(2^53 - 1)             number
//	any other integer                      BigInt, so that no digit is lost
//	big.Int, *big.Int                      BigInt, always
//	json.Number, numbers of json.Marshaler number, rounded as JSON.parse rounds
//	key "__proto__"                        own property of that name
//
// A BigInt does not mix with numbers and JSON.stringify refuses it: give large integers the tag
// option `string` where that matters.
//
// # Size
//
// An object or array of a thousand bytes or more is written as JSON.parse('…'), which engines read
// faster than a literal; see parseBytes. Channels and events carry large values better: they need
// no source.
package script
