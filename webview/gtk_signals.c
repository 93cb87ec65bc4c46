//go:build linux && cgo

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

#include "gtk.h"

// The signals of the program stay its own. Three libraries take some:
//
//   - JavaScriptCore suspends threads for garbage collection by SIGUSR1, says on stderr that it
//     takes it, and dies of one that somebody else sends. Here it has one that no program uses: the
//     C library's first real-time signal, which Go neither handles nor delivers. (Its variable
//     JSC_SIGNAL_FOR_GC would do, too, but each process of WebKit complains of it on stderr.)
//   - JavaScriptCore takes the signals of faults, and WebKit SIGXCPU, when the first script runs.
//     They hand on what is not theirs, but leave SA_ONSTACK out. Go then dies on a nil dereference
//     that a recover would have caught.
//   - GLib's sockets ignore SIGPIPE, which a program may want to be told of.

extern bool JSConfigureSignalForGC(int signal) __attribute__((weak));

static const char variable[] = "JSC_SIGNAL_FOR_GC";

static int suspending;
static const char *unusable;  // what the variable said, which is no signal that can be handled

static int signal_of(const char *text) {
  char *end;
  long s = strtol(text, &end, 10);
  struct sigaction a;
  if (end == text || *end || s < 1 || s > SIGRTMAX || s == SIGKILL || s == SIGSTOP) return 0;
  return sigaction((int)s, NULL, &a) == 0 ? (int)s : 0;  // the C library keeps two
}

// It must be told before it starts, whoever makes the first window. JavaScriptCore makes something
// of any text, so it doesn't see one that is no signal.
__attribute__((constructor)) static void choose_signal(void) {
  const char *text = getenv(variable);
  int chosen = text ? signal_of(text) : 0;
  if (text && !chosen) {
    if (*text) unusable = text;
    unsetenv(variable);
  }
  if (chosen)
    suspending = chosen;
  else if (JSConfigureSignalForGC && JSConfigureSignalForGC(SIGRTMIN))
    suspending = SIGRTMIN;
  else
    suspending = SIGUSR1;
}

int tr_suspending(void) { return suspending; }

const char *tr_unusable_signal(void) { return unusable; }

static int is_handler(const struct sigaction *a) {
  return (a->sa_flags & SA_SIGINFO) || (a->sa_handler != SIG_DFL && a->sa_handler != SIG_IGN);
}

static struct sigaction pipe_action;  // as it was before the first window
static int pipe_kept;

void tr_keep_signals(void) {
  if (!pipe_kept) pipe_kept = sigaction(SIGPIPE, NULL, &pipe_action) == 0;
}

void tr_fix_signals(int pipe_ignored) {
  struct sigaction a;
  for (int s = 1; s < NSIG; s++) {
    // An alternate stack freezes the suspending: JavaScriptCore waits until the thread is on its
    // own.
    if (s == suspending || sigaction(s, NULL, &a) != 0) continue;
    if (!is_handler(&a) || (a.sa_flags & SA_ONSTACK)) continue;
    a.sa_flags |= SA_ONSTACK;
    sigaction(s, &a, NULL);
  }
  if (!pipe_kept || pipe_ignored || !is_handler(&pipe_action)) return;
  if (sigaction(SIGPIPE, NULL, &a) == 0 && !is_handler(&a)) sigaction(SIGPIPE, &pipe_action, NULL);
}
