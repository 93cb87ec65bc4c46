// In each document, in a world of its own, which no page can touch: it tells the program whether
// the document is of the app's origins, and shows the dialogs of those that are.
(() => {
  "use strict";
  const KINDS = ["", "alert", "confirm", "prompt", "beforeunload", "print"]; // view.DialogKind
  const LONGEST = 4096; // UTF-16 units of a dialog's text
  const LINE = 80; // WebKit would show one line of what is longer without a space
  const OVER = 10, PRINT = 11, FOREIGN = 12, START = 13;
  const PRESSED = 14, PRESSED_ELSEWHERE = 15, CLICKED = 16;
  const own = OWN;
  const tell = (what) => webkit.messageHandlers.tailraceDocument.postMessage(what);

  // document.open takes the listeners away and runs this again.
  const key = Symbol.for("tailrace"); // not a string, which could be the name of a frame
  const first = !self[key];
  const on = (self[key] ??= {
    pageshow: (e) => {
      if (e.persisted) tell(FOREIGN);
    },
    pressed: (e) => {
      if (e.isTrusted) tell(own ? PRESSED : PRESSED_ELSEWHERE);
    },
    clicked: (e) => {
      if (e.isTrusted) tell(CLICKED);
    },
    ask: (e) => {
      const [kind, message, text] = e.detail;
      e.preventDefault(); // it is answered
      if (kind === "print") return print();
      const n = KINDS.indexOf(kind);
      if (n < 1 || n > 3) return;
      tell(n);
      let answer;
      try {
        answer = self[kind](shown(message), bounded(text));
      } finally {
        tell(OVER); // WebKit may have shown nothing
      }
      dispatchEvent(new CustomEvent("tailrace-answer", { detail: answer }));
    },
    // The second listener is the last one: only now it is known whether the page wants to be asked.
    leave: () => addEventListener("beforeunload", on.left),
    left: (e) => {
      removeEventListener("beforeunload", on.left);
      if (!e.defaultPrevented && e.returnValue === "") return;
      tell(4);
      setTimeout(on.stayed);
    },
    stayed: () => tell(OVER),
  });

  let printing = false;
  const print = () => {
    if (printing) return;
    printing = true;
    setTimeout(() => (printing = false), 250);
    if (document.readyState === "complete") tell(PRINT);
    else addEventListener("load", () => tell(PRINT), { once: true });
  };

  const bounded = (s) => {
    s = String(s);
    return s.length > LONGEST ? s.slice(0, LONGEST) + "…" : s;
  };
  const shown = (s) => bounded(s).replace(new RegExp(`\\S{${LINE}}`, "g"), "$&\u200b");

  if (first && !own) tell(FOREIGN);
  if (first && own && self === top) tell(START);
  // In which frame the user did something last: choosers are for ours.
  for (const e of ["mousedown", "touchstart", "keydown"]) addEventListener(e, on.pressed, true);
  // When the user did something in the main frame's document, whosever that is: it may lead
  // elsewhere. A button may be held for long before that is a click.
  const clicks = self === top ? ["click", "auxclick", "keydown", "submit"] : [];
  for (const e of clicks) addEventListener(e, on.clicked, true);
  if (!own) {
    addEventListener("pageshow", on.pageshow, true); // back from WebKit's cache
    return;
  }
  addEventListener("tailrace-ask", on.ask, true);
  addEventListener("beforeunload", on.leave, true);
  addEventListener("pagehide", on.stayed, true);
})();
