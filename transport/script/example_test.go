package script_test

import (
	"fmt"
	"math"

	"github.com/tailrace-go/tailrace/transport/script"
)

func ExampleFormat() {
	title := `</script><script>alert("x")`
	js, err := script.Format("document.title = %s; draw(%s, 50 %% 7)", title,
		[]float64{1.5, math.NaN()})
	if err != nil {
		panic(err)
	}
	fmt.Println(js)
	// Output:
	// document.title = "\u003c/script\u003e\u003cscript\u003ealert(\"x\")"; draw([1.5,NaN], 50 % 7)
}

func ExampleValue() {
	type user struct {
		Name string `json:"name"`
		ID   uint64 `json:"id"`
	}
	js, err := script.Value(user{"Ada", 1 << 63})
	if err != nil {
		panic(err)
	}
	fmt.Println(js)
	// Output:
	// ({"name":"Ada","id":9223372036854775808n})
}
