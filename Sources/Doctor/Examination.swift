internal import Dispatch
internal import HTTPClient
internal import Synchronization

/// Asks a server everything that some checks need, and judges them. A check that fails, or a request that gets no answer,
/// stops nothing.
public struct Examination: Sendable {
    private let checks: [Check]

    public init(_ checks: [Check]) {
        self.checks = checks
    }

    /// All checks of all groups, in the order of the table.
    public static let allChecks = CheckGroup.allCases.flatMap(\.checks)

    /// Each scenario that the checks or their features need, once, in the order of their first use.
    var scenarios: [Scenario] {
        var seen: Set<String> = []
        let wanted = checks.flatMap { check in
            check.needs.compactMap(\.scenario) + check.scenarios
        }
        return wanted.filter { seen.insert($0.name).inserted }
    }

    /// Sends all requests: several at a time, then those that want to be alone.
    ///
    /// - Parameters:
    ///   - server: Who is asked.
    ///   - subject: What is known of it already.
    ///   - concurrency: How many scenarios may run at the same time.
    ///   - progress: called from any thread after each scenario.
    /// - Returns: All that was answered.
    public func ask(
        _ server: LiveServer, _ subject: Subject, concurrency: Int = 4,
        progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) -> Recording {
        let scenarios = scenarios
        let total = scenarios.count
        let results = Mutex<[String: [Transcript]]>([:])
        @Sendable func run(_ scenario: Scenario) {
            let transcripts = Self.perform(scenario, subject, server)
            let done = results.withLock {
                $0[scenario.name] = transcripts
                return $0.count
            }
            progress(done, total)
        }
        withExtendedLifetime(results) {
            let waiting = Mutex(ArraySlice(scenarios.filter { !$0.isAlone }))
            withExtendedLifetime(waiting) {
                Self.inParallel(max(1, concurrency)) { _ in
                    while let scenario = waiting.withLock({ $0.popFirst() }) { run(scenario) }
                }
            }
            for scenario in scenarios where scenario.isAlone { run(scenario) }
        }
        var recording = Recording(subject: subject)
        recording.transcripts = results.withLock { $0 }
        return recording
    }

    /// Judges what was answered.
    public func judge(_ recording: Recording) -> [CheckResult] {
        let evidence = Evidence(recording: recording)
        return checks.map { CheckResult(check: $0, verdict: Self.verdict(of: $0, by: evidence)) }
    }

    private static func verdict(of check: Check, by evidence: Evidence) -> Verdict {
        if let absence = check.needs.lazy.compactMap({ $0.absence(in: evidence) }).first { return .skipped(absence) }
        do {
            try check.judge(evidence)
            return .passed
        } catch Finding.nothingToSay(let reason) {
            return .skipped(reason)
        } catch Finding.fault(let reason) {
            return .failed(reason)
        } catch {
            return .failed("\(error)")
        }
    }

    private static func perform(_ scenario: Scenario, _ subject: Subject, _ server: LiveServer) -> [Transcript] {
        let connection = server.connection()
        var transcripts: [Transcript] = []
        for step in scenario.steps {
            let asks = step(subject, transcripts).map { ask in
                var ask = ask
                ask.label = scenario.name
                return ask
            }
            guard asks.count > 1 else {
                guard let ask = asks.first else { break }
                transcripts.append(server.perform(ask, over: connection, model: subject.model))
                continue
            }
            let answers = Mutex([Transcript?](repeating: nil, count: asks.count))
            withExtendedLifetime(answers) {
                inParallel(asks.count) { place in
                    let answer = server.perform(asks[place], over: server.connection(), model: subject.model)
                    answers.withLock { $0[place] = answer }
                }
            }
            transcripts += answers.withLock { $0.compactMap(\.self) }
        }
        return transcripts
    }

    /// Runs work that blocks, on so many threads of its own, and waits for all.
    private static func inParallel(_ count: Int, _ work: @escaping @Sendable (Int) -> Void) {
        let group = DispatchGroup()
        for place in 0..<count {
            DispatchQueue(label: "ponder.doctor.\(place)").async(group: group) { work(place) }
        }
        group.wait()
    }
}

/// A check with what it came to.
public struct CheckResult: Sendable {
    public let check: Check
    public let verdict: Verdict
}
