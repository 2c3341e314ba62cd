import Glibc

/// What a server changes about its process before anything else.
enum ProcessPreparation {
    static func prepareForServing() {
        // Writing to a client that left must fail as an error of the write, not end the process.
        _ = signal(SIGPIPE, SIG_IGN)
        raiseDescriptorLimit()
    }

    /// Each connection is a descriptor, and the usual soft limit of 1024 is a leftover of `select`.
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
