#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static struct termios original;
static atomic_bool is_taken_over;
static atomic_bool has_guards;
static atomic_bool is_ending;

/// The terminal by a descriptor of its own, and a place for what other threads write while the process dies.
static int terminal = -1, nowhere = -1;

/// Signals that end a process which does not handle them: by others, and by its own mistakes.
static const int ending_signals[] = {
    SIGTERM, SIGHUP, SIGQUIT, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT,
};

static void write_text(const char *text, size_t count) {
    ssize_t written = write(terminal < 0 ? STDOUT_FILENO : terminal, text, count);
    (void)written;
}

void linux_terminal_restore(void) {
    if (!atomic_exchange(&is_taken_over, 0)) {
        return;
    }
    static const char farewell[] = "\033[?2004l\033[?25h\033[0m";
    write_text(farewell, sizeof farewell - 1);
    // Not the variant that drops input: what was typed ahead belongs to the next program.
    tcsetattr(STDIN_FILENO, TCSANOW, &original);
}

/// What the signals did before; Swift's backtraces, for one.
static struct sigaction earlier_actions[sizeof ending_signals / sizeof *ending_signals];

/// Gives the terminal back, and leaves the signal to whoever had it before.
static void restore_and_pass_on(int number, siginfo_t *information, void *context) {
    (void)context;
    // Other threads run on until the process is gone: what they draw now would follow the farewell.
    atomic_store(&is_ending, 1);
    if (atomic_load(&is_taken_over) && terminal >= 0 && nowhere >= 0) {
        dup2(nowhere, STDOUT_FILENO);
    }
    linux_terminal_restore();
    for (size_t index = 0; index < sizeof ending_signals / sizeof *ending_signals; index++) {
        if (ending_signals[index] == number) {
            sigaction(number, &earlier_actions[index], NULL);
        }
    }
    // A fault happens again on return, at its own place; a signal that was sent does not.
    int is_fault = number == SIGSEGV || number == SIGBUS || number == SIGILL || number == SIGFPE;
    if (!is_fault || information->si_code <= 0) {
        raise(number);
    }
}

static void install_guards(void) {
    if (atomic_exchange(&has_guards, 1)) {
        return;
    }
    terminal = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
    nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    atexit(linux_terminal_restore);
    for (size_t index = 0; index < sizeof ending_signals / sizeof *ending_signals; index++) {
        struct sigaction *earlier = &earlier_actions[index];
        if (sigaction(ending_signals[index], NULL, earlier) == 0 && earlier->sa_handler != SIG_IGN) {
            struct sigaction action = {.sa_sigaction = restore_and_pass_on, .sa_flags = SA_SIGINFO | SA_NODEFER};
            sigaction(ending_signals[index], &action, NULL);
        }
    }
}

int linux_terminal_take_over(void) {
    struct termios mode;
    if (atomic_load(&is_ending)) {
        return 0;
    }
    if (!atomic_load(&is_taken_over) && tcgetattr(STDIN_FILENO, &original) != 0) {
        return -errno;
    }
    install_guards();
    mode = original;
    cfmakeraw(&mode);
    mode.c_oflag |= OPOST;
    if (tcsetattr(STDIN_FILENO, TCSADRAIN, &mode) != 0) {
        return -errno;
    }
    atomic_store(&is_taken_over, 1);
    static const char marks_pastes[] = "\033[?2004h";
    write_text(marks_pastes, sizeof marks_pastes - 1);
    return 0;
}

int linux_terminal_size(int descriptor, int *columns, int *rows) {
    struct winsize size;
    if (ioctl(descriptor, TIOCGWINSZ, &size) != 0) {
        return -errno;
    }
    *columns = size.ws_col;
    *rows = size.ws_row;
    return 0;
}
