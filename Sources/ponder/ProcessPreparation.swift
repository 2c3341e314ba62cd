import CLinux
import Glibc

/// What a server changes about its process.
enum ProcessPreparation {
    /// Writing to someone who left must fail as an error of the write, not end the process.
    static func ignoreBrokenPipes() {
        _ = signal(SIGPIPE, SIG_IGN)
    }

    /// What was only needed while the model was read goes back to the system, which the allocator would keep.
    static func returnFreedMemory() {
        linux_return_freed_memory()
    }
}
