import Glibc
import ModelHub

/// Fetches one model while somebody watches, who may end it.
enum PullRun {
    private static let signals = [SIGINT, SIGTERM]

    /// - Throws: `HubError`, one line that says what to do.
    static func pull(
        _ reference: ModelReference, from library: ModelLibrary, form: PullView.Form
    ) throws(HubError) -> StoredModel {
        let view = PullView(reference.text, form: form)
        // The first process of a container has no default action for these. Dispatch's sources would do, but those of a server
        // that is started afterwards hear nothing where earlier ones were cancelled.
        for number in signals { _ = signal(number, stop) }
        defer {
            for number in signals { _ = signal(number, SIG_DFL) }
            view.end()
        }
        return try library.pull(reference, report: view.show)
    }

    /// Nothing has to be cleaned up: what was fetched stays. Only what is safe in a signal handler happens here.
    private static let stop: @convention(c) (Int32) -> Void = { number in
        let line: StaticString = "\nponder: stopped; the same command goes on where it ended\n"
        _ = unsafe write(STDERR_FILENO, line.utf8Start, line.utf8CodeUnitCount)
        _exit(128 + number)
    }
}
