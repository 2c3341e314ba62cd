/// One thing that a server is held to: what is asked for, and a judgement of the answers that needs no server.
public struct Check: Sendable, Identifiable {
    public enum Level: String, Sendable, CaseIterable {
        /// Clients break without it.
        case must
        /// Published clients or standards expect it; most users can live without.
        case should
        /// Beyond what OpenAI's API promises.
        case extra = "extension"
    }

    /// `group.name`.
    public let id: String
    public let group: CheckGroup
    /// What holds where it passes, in few words.
    public let title: String
    /// What goes wrong for users without it.
    public let why: String
    public let level: Level
    /// Rows of the list of known complaints in docs/doctor.md.
    public let complaints: [Int]

    let needs: [Feature]
    let scenarios: [Scenario]
    /// Throws a ``Finding`` where the check does not pass.
    let judge: @Sendable (Evidence) throws -> Void

    init(
        _ id: String, _ title: String, _ level: Level, complaints: [Int] = [], needs: [Feature] = [],
        from scenarios: Scenario..., why: String, judge: @escaping @Sendable (Evidence) throws -> Void
    ) {
        self.id = id
        self.title = title
        self.level = level
        self.complaints = complaints
        self.needs = needs
        self.scenarios = scenarios
        self.why = why
        self.judge = judge
        group = CheckGroup.allCases.first { id.hasPrefix("\($0.rawValue).") } ?? .operations
    }
}

/// What a check came to.
public enum Verdict: Sendable, Hashable {
    case passed
    /// The server is at fault, and how.
    case failed(String)
    /// Nothing can be said, and why.
    case skipped(String)

    /// What stands in reports.
    public var word: String {
        switch self {
        case .passed: "pass"
        case .failed: "fail"
        case .skipped: "skipped"
        }
    }

    /// One line; nil where it passed.
    public var reason: String? {
        switch self {
        case .passed: nil
        case .failed(let reason), .skipped(let reason): reason
        }
    }
}

/// Why a check does not pass.
enum Finding: Error {
    case fault(String)
    case nothingToSay(String)
}

/// Fails the check that is being judged where the condition does not hold.
func require(_ condition: Bool, _ fault: @autoclosure () -> String) throws {
    if !condition { throw Finding.fault(fault()) }
}

/// The value, where there is one; the check that is being judged fails where not.
func require<Value>(_ value: Value?, _ fault: @autoclosure () -> String) throws -> Value {
    guard let value else { throw Finding.fault(fault()) }
    return value
}

/// Leaves the check that is being judged out where the condition does not hold.
func presuppose(_ condition: Bool, _ reason: @autoclosure () -> String) throws {
    if !condition { throw Finding.nothingToSay(reason()) }
}
