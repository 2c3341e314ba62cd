import Glibc

/// What a server changes about its process before anything else.
enum ProcessPreparation {
    /// Writing to someone who left must fail as an error of the write, not end the process.
    static func ignoreBrokenPipes() {
        _ = signal(SIGPIPE, SIG_IGN)
    }
}
