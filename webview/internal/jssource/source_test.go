package jssource

import "testing"

func TestIsDeclaration(t *testing.T) {
	for js, want := range map[string]bool{
		"function f() {}":                 true,
		" \n// f\n/* g */function* f(){}": true,
		"async function f() {}":           true,
		"async /* x */\tfunction f() {}":  true,
		"class A {}":                      true,
		"{ a: 1 }":                        true,
		"functional":                      false,
		"class_":                          false,
		"classé":                          false,
		"async () => {}":                  false,
		"async":                           false,
		"(function () {})()":              false,
		"1 + 1":                           false,
		"":                                false,
		"// only":                         false,
		"/* open":                         false,
		"let a = 1":                       false,
	} {
		if got := IsDeclaration(js); got != want {
			t.Errorf("%q: %v", js, got)
		}
	}
	for js, want := range map[string]bool{
		"'use strict'; x":      true,
		"/**/ \"use strict\"":  true,
		"x; 'use strict'":      false,
		"'use stricter'":       false,
		"/* 'use strict' */ x": false,
	} {
		if got := IsStrict(js); got != want {
			t.Errorf("strict, %q: %v", js, got)
		}
	}
}

func TestParseThrown(t *testing.T) {
	for text, want := range map[string]Thrown{
		"tailrace://localhost/index.html:1:42: Error: gone wrong": {"Error", "gone wrong",
			"global code@tailrace://localhost/index.html:1:42"},
		":3:6: TypeError: a: b": {"TypeError", "a: b",
			"global code@:3:6"},
		"RangeError":       {"RangeError", "", ""},
		"just: a string":   {"", "just: a string", ""},
		"x:1: not a place": {"", "x:1: not a place", ""},
		"This is no Error: it is a sentence": {"", "This is no Error: it is " +
			"a sentence", ""},
		"": {},
	} {
		if got := ParseThrown(text); got != want {
			t.Errorf("%q: %+v", text, got)
		}
	}
}
