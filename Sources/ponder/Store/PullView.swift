import Foundation
import JSON
import ModelHub
import Synchronization
import Terminal

/// Shows on standard error how a model comes: a bar on a terminal, a line now and then elsewhere, or JSON on standard output.
final class PullView: Sendable {
    enum Form: Sendable {
        case text
        /// One object a line.
        case json
    }

    private static let width = 24
    private static let lineInterval = Duration.seconds(10)
    private static let tickInterval = 0.5

    private let name: String
    private let form: Form
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let line = ProgressLine()
    private let state = Mutex(State())

    private struct State {
        var plan: PullPlan?
        var completed: [String: Int] = [:]
        var rate = TransferRate(since: .now)
        var nextLine = ContinuousClock.now + lineInterval
        var isOver = false
        /// When the last bytes came.
        var lastArrival = ContinuousClock.now

        var completedByteCount: Int { completed.values.reduce(0, +) }
    }

    init(_ name: String, form: Form) {
        self.name = SafeText.line(name)
        self.form = form
        guard form == .text else { return }
        // Tells how the time passes where nothing comes. A thread of its own, as whoever pulls blocks the one it has.
        let thread = Thread { [weak self] in
            repeat { Thread.sleep(forTimeInterval: Self.tickInterval) } while self?.tick() ?? false
        }
        thread.name = "ponder-pull-view"
        thread.start()
    }

    /// Takes an event.
    func show(_ event: PullEvent) {
        guard form == .text else { return write(event.progress.serialized() + "\n", to: .standardOutput) }
        state.withLock { show(event, &$0) }
    }

    /// Takes the bar away.
    func end() {
        state.withLock { state in
            state.isOver = true
            line.clear()
        }
    }

    /// Whether there is more to come.
    private func tick() -> Bool {
        state.withLock { state in
            if !state.isOver { showProgress(&state) }
            return !state.isOver
        }
    }

    private func show(_ event: PullEvent, _ state: inout State) {
        switch event {
        case .listing: line.show("\(name): asking what there is")
        case .planned(let plan):
            state.plan = plan
            state.rate = TransferRate(since: .now)
            state.nextLine = .now + Self.lineInterval
            let license = plan.license.map { ", licence \(SafeText.line($0))" } ?? ""
            let present = plan.presentByteCount > 0 ? ", \(ByteCount(plan.presentByteCount)) of them here" : ""
            tell(
                "\(name) at \(plan.commit.prefix(12)): \(plan.files.count) files, \(ByteCount(plan.byteCount))\(present)\(license)"
            )
        case .progressed(let file, let completed):
            let old = state.completed[file.path]
            state.completed[file.path] = completed
            if completed != old { state.lastArrival = .now }
            // What was here before the first report has not been fetched now.
            state.rate.add(old.map { max(0, completed - $0) } ?? 0, at: .now)
            showProgress(&state)
        case .waiting(_, let reason): tell(SafeText.line(reason))
        case .verified(let file):
            tell("\(SafeText.line(file.path)): \(ByteCount(file.byteCount)), \(file.digest.prefix(19))")
            showProgress(&state)
        case .finished:
            state.isOver = true
            line.clear()
        }
    }

    private func showProgress(_ state: inout State) {
        guard let plan = state.plan, isTerminal || ContinuousClock.now >= state.nextLine else { return }
        state.nextLine = .now + Self.lineInterval
        let done = state.completedByteCount
        let share = plan.byteCount > 0 ? Double(done) / Double(plan.byteCount) : 1
        var text = "\(Int(share * 100)) %, \(ByteCount(done)) of \(ByteCount(plan.byteCount))"
        if let rate = state.rate.bytesPerSecond(at: .now) {
            text += ", \(ByteCount(Int(rate)))/s"
            text +=
                rate > 0
                ? ", \(Self.time(Double(plan.byteCount - done) / rate)) left"
                : ", nothing for \(Self.time((.now - state.lastArrival) / .seconds(1)))"
        }
        guard isTerminal else { return tell(text) }
        let bar = ProgressBar.bar(share, columns: min(Self.width, ProgressLine.columns - TextWidth.of(text) - 1))
        line.show(bar.isEmpty ? text : "\(bar) \(text)")
    }

    /// A line that stays.
    private func tell(_ text: String) {
        line.clear()
        write("\(text)\n", to: .standardError)
    }

    private func write(_ text: String, to file: FileHandle) {
        try? file.write(contentsOf: Data(text.utf8))
    }

    /// `58 s`, `12 min`, `3 h 20 min`
    static func time(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds < 1e7 else { return "a long time" }
        let minutes = Int((seconds / 60).rounded())
        if seconds < 100 { return "\(Int(seconds.rounded(.up))) s" }
        return minutes < 60 ? "\(minutes) min" : "\(minutes / 60) h \(minutes % 60) min"
    }
}

/// How fast bytes come, over the last seconds.
struct TransferRate: Sendable {
    private static let span = Duration.seconds(5)

    private let start: ContinuousClock.Instant
    private var pieces: [(time: ContinuousClock.Instant, byteCount: Int)] = []

    init(since start: ContinuousClock.Instant) {
        self.start = start
    }

    mutating func add(_ byteCount: Int, at time: ContinuousClock.Instant) {
        pieces.append((time, byteCount))
        pieces.removeAll { $0.time < time - Self.span }
    }

    /// Nil before there is anything to tell.
    func bytesPerSecond(at time: ContinuousClock.Instant) -> Double? {
        let begin = max(start, time - Self.span)
        let seconds = (time - begin) / .seconds(1)
        guard seconds >= 0.5 else { return nil }
        return Double(pieces.filter { $0.time >= begin }.reduce(0) { $0 + $1.byteCount }) / seconds
    }
}
