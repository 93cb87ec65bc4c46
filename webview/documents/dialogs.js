// In each document of the app's origins: its dialogs are asked for where no page can touch it, see
// watch.js. So the program knows whose they are.
(() => {
  if (!(OWN)) return;
  const dispatch = dispatchEvent.bind(self);
  const Ask = CustomEvent;
  let answer = null;
  addEventListener("tailrace-answer", (e) => (answer = e.detail), true);
  const ask = (...detail) => {
    answer = null;
    dispatch(new Ask("tailrace-ask", { detail }));
    return answer;
  };
  // As WebKit's own: undefined is no text, but for alert, which shows it if it was given.
  const text = (all, i) => (all[i] === undefined ? "" : `${all[i]}`);
  const functions = {
    alert(...all) {
      ask("alert", all.length > 0 ? `${all[0]}` : "", "");
    },
    confirm(...all) {
      return ask("confirm", text(all, 0), "") === true;
    },
    prompt(...all) {
      const [message, given] = [text(all, 0), text(all, 1)];
      return ask("prompt", message, given);
    },
    print() {
      ask("print", "", "");
    },
  };
  for (const name in functions) self[name] = functions[name];
})();
