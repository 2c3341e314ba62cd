import ArgumentParser
import Compute
import Doctor
import Foundation
import HTTPClient
import JSON
import ModelHub

/// `ponder doctor`: what this machine is good for, or whether a server does what clients expect.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Examine this machine, or any OpenAI-compatible server.",
        discussion: """
            Without --url, says what the processor, the memory and the system are good for, and what to mend. With --url,
            sends a server some hundreds of small requests and holds what it answers against OpenAI's grammar and against what
            users complain about: docs/doctor.md lists the checks. What a server does not offer is skipped. No answer needs to
            be clever, so any model will do. The exit status is 1 where a check fails that every server must pass.

            EXAMPLES:
              ponder doctor
              ponder doctor --only memory --only read-bandwidth
              ponder doctor --url http://127.0.0.1:8000
              ponder doctor --url https://models.example/v1 --api-key sk-… --model qwen3 --only stream --only tools
              ponder doctor --url http://127.0.0.1:8080 --format json > theirs.json
              ponder doctor --url http://127.0.0.1:8000 --beside theirs.json --format markdown
              ponder doctor --list
            """
    )

    @Option(help: ArgumentHelp("The server to examine. (default: none, but this machine)", valueName: "url"))
    var url: String?

    @Option(help: ArgumentHelp("The model's name for the server. (default: the first of its list)", valueName: "name"))
    var model: String?

    @Option(help: ArgumentHelp("A key to send. (default: PONDER_API_KEY or OPENAI_API_KEY)", valueName: "key"))
    var apiKey: String?

    @OptionGroup var trust: TrustOptions

    @Option(
        help: ArgumentHelp(
            "Only this group, or this check, or of this machine this line; give it several times for several.",
            valueName: "group"))
    var only: [String] = []

    @Flag(help: "List the checks, and send nothing.")
    var list = false

    @Option(help: ArgumentHelp("How long the server may be silent.", valueName: "seconds"))
    var timeout = 60

    @Option(help: ArgumentHelp("How many requests at the same time.", valueName: "count"))
    var concurrency = 4

    @Option(help: ArgumentHelp("table, markdown or json.", valueName: "form"))
    var format = "table"

    @Option(
        help: ArgumentHelp(
            "An earlier result in JSON to put beside this one, with --format markdown; give it several times for several.",
            valueName: "file"))
    var beside: [String] = []

    @Option(help: ArgumentHelp("Keep all requests and answers in this file.", valueName: "file"))
    var record: String?

    @Option(help: ArgumentHelp("Judge what --record kept, and send nothing.", valueName: "file"))
    var replay: String?

    @Option(help: ArgumentHelp("What the table calls the server, such as its release.", valueName: "name"))
    var name: String?

    @Flag(help: "Leave the measurements of this machine out.")
    var noProbe = false

    private enum Format: String {
        case table, markdown, json
    }

    func run() throws {
        guard let format = Format(rawValue: format) else {
            throw SettingsError(place: "--format", value: format, expectation: "table, markdown or json")
        }
        if list { return print(Self.list(try checks()), terminator: "") }
        if url == nil, replay == nil { return try examineMachine(format) }
        let report = try report()
        switch format {
        case .table: print(ReportTable(report, isColored: Self.isColored).text, terminator: "")
        case .json: print(report.json.serialized(.indented(by: 2)))
        case .markdown: print(ReportMarkdown([report] + (try beside.map(Self.earlier))).text, terminator: "")
        }
        if !report.isSound { throw ExitCode(1) }
    }

    private func examineMachine(_ format: Format) throws {
        let environment = ProcessInfo.processInfo.environment
        let facts = MachineFacts.current(
            environment: environment, storeFolder: HubSettings(environment: environment).cacheFolder)
        let line = ProgressLine()
        line.show("measuring")
        let examination = MachineExamination(
            facts: facts, kernels: CPUFeatures.current.instructionSet,
            probe: noProbe ? nil : Self.probe(cores: facts.limits.coreCount, memory: facts.limits.availableMemory))
        line.clear()
        let report = MachineReport(findings: try examination.findings(only: only), date: Self.today())
        switch format {
        case .table: print(report.text(isColored: Self.isColored), terminator: "")
        case .markdown: print(report.markdown, terminator: "")
        case .json: print(report.json.serialized(.indented(by: 2)))
        }
    }

    /// nil where the memory that it reads would push others out.
    private static func probe(cores: Int, memory: Int?) -> MachineProbe? {
        if let memory, memory < 2 << 30 { return nil }
        return MachineProber(pool: WorkerPool(threadCount: cores)).probe()
    }
}

extension DoctorCommand {
    private func checks() throws -> [Check] {
        if only.isEmpty { return Examination.allChecks }
        return try only.flatMap { name in
            let found = Examination.allChecks.filter { $0.id == name || $0.group.rawValue == name }
            guard !found.isEmpty else {
                let groups = CheckGroup.allCases.map(\.rawValue).joined(separator: ", ")
                throw SettingsError(place: "--only", value: name, expectation: "a check or one of \(groups)")
            }
            return found
        }
    }

    private func report() throws -> DoctorReport {
        let examination = Examination(try checks())
        let recording = try replay.map(Self.recording) ?? ask(examination)
        if let record {
            do {
                try Data(recording.json.serializedBytes(.indented(by: 1))).write(to: URL(fileURLWithPath: record))
            } catch {
                throw SettingsError("\(record): the requests and answers cannot be written")
            }
        }
        return DoctorReport(
            name: name ?? "", url: url ?? replay ?? "", model: recording.subject.model, date: Self.today(),
            results: examination.judge(recording))
    }

    private func ask(_ examination: Examination) throws -> Recording {
        let place = try ServerURL(url ?? "")
        let environment = ProcessInfo.processInfo.environment
        let server = LiveServer(
            place, apiKey: apiKey ?? environment["PONDER_API_KEY"] ?? environment["OPENAI_API_KEY"],
            tls: try trust.context(for: place),
            timeout: .seconds(try WholeNumber.checked(timeout, "--timeout", in: 1...86_400)))
        let count = try WholeNumber.checked(concurrency, "--concurrency", in: 1...64)
        let bar = ProgressBar()
        let subject = try server.subject(model: model)
        defer { bar.clear() }
        return examination.ask(server, subject, concurrency: count) { bar.show("asking", done: $0, of: $1) }
    }

    private static func recording(_ path: String) throws -> Recording {
        guard let recording = Recording(try json(path)) else {
            throw SettingsError("\(path): nothing that --record wrote")
        }
        return recording
    }

    private static func earlier(_ path: String) throws -> DoctorReport {
        guard let report = DoctorReport(try json(path)) else {
            throw SettingsError("\(path): no result of ponder doctor --format json")
        }
        return report
    }

    private static func json(_ path: String) throws -> JSONValue {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw SettingsError("\(path): there is no such file, or it cannot be read")
        }
        do {
            return try JSONValue(parsing: Array(data))
        } catch {
            throw SettingsError("\(path): \(error)")
        }
    }

    private static func list(_ checks: [Check]) -> String {
        CheckGroup.allCases.map { group in
            let lines = checks.filter { $0.group == group }.map { check in
                let id = check.id + String(repeating: " ", count: max(1, 34 - check.id.count))
                return "  \(id)\(check.title) (\(check.level.rawValue)): \(check.why)\n"
            }
            return lines.isEmpty ? "" : "\(group.title) (\(group.rawValue))\n" + lines.joined()
        }.joined()
    }

    /// On a terminal whose user has not asked for none (no-color.org).
    private static var isColored: Bool {
        isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["NO_COLOR"].map(\.isEmpty) ?? true
    }

    private static func today() -> String { String(Date.now.formatted(.iso8601).prefix(10)) }
}
