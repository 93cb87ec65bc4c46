// In each document: its dialogs are asked for where no page can touch it, see watch.js, which
// answers in documents of the app's origins alone. So the program knows whose they are. Elsewhere
// they are WebKit's own. A page may read this text, so nothing of the app is in it.
(() => {
  "use strict";
  const mark = Symbol.for("tailrace-dialogs");
  if (self[mark]) return; // document.open runs this again
  Object.defineProperty(self, mark, { value: true });
  const { apply } = Reflect;
  const { addEventListener, removeEventListener, dispatchEvent, CustomEvent } = self;
  const { alert, confirm, prompt, print } = self;
  const ask = (native, kind, given, most) => {
    const texts = [];
    for (let i = 0; i < most && i < given.length; i++) {
      // As WebKit's own: undefined is no text, but for alert.
      texts[i] = given[i] === undefined && kind !== "alert" ? "" : `${given[i]}`;
    }
    let answer = null;
    const hear = (e) => (answer = e.detail);
    const detail = [kind, texts[0] ?? "", texts[1] ?? ""];
    apply(addEventListener, self, ["tailrace-answer", hear, true]);
    const e = new CustomEvent("tailrace-ask", { cancelable: true, detail });
    const unheard = apply(dispatchEvent, self, [e]);
    apply(removeEventListener, self, ["tailrace-answer", hear, true]);
    return unheard ? apply(native, self, texts) : answer;
  };
  const functions = {
    alert(...all) {
      ask(alert, "alert", all, 1);
    },
    confirm(...all) {
      return ask(confirm, "confirm", all, 1) === true;
    },
    prompt(...all) {
      return ask(prompt, "prompt", all, 2);
    },
    print() {
      ask(print, "print", [], 0);
    },
  };
  for (const name in functions) self[name] = functions[name];
})();
