import Models
import Synchronization

/// Tells how far the quantising of a model is, at every tenth of it, and once what went otherwise than asked for.
final class QuantizingReport: Sendable {
    private struct State {
        var tenth = 0
        var noticeCount = 0
    }

    private let state = Mutex(State())
    private let tell: @Sendable (_ percent: Int) -> Void
    private let warn: @Sendable (String) -> Void

    init(tell: @escaping @Sendable (_ percent: Int) -> Void, warn: @escaping @Sendable (String) -> Void) {
        self.tell = tell
        self.warn = warn
    }

    /// Takes note of a weight that was loaded.
    func update(_ progress: LoadingProgress) {
        let (percent, notices) = state.withLock { state -> (Int?, ArraySlice<String>) in
            let notices = progress.notices.dropFirst(state.noticeCount)
            state.noticeCount = max(state.noticeCount, progress.notices.count)
            let tenth = Int(progress.fraction * 10)
            guard progress.isQuantizing, tenth > state.tenth else { return (nil, notices) }
            state.tenth = tenth
            return (tenth * 10, notices)
        }
        notices.forEach(warn)
        if let percent { tell(percent) }
    }
}
