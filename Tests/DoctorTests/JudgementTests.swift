import JSON
import Testing

@testable import Doctor

@Suite struct JudgementTests {
    private let examination = Examination(Examination.allChecks)

    private func failures(_ recording: Recording) -> Set<String> {
        Set(examination.judge(recording).filter { $0.verdict.isFailure }.map(\.check.id))
    }

    @Test func `a server that is right passes`() throws {
        let results = examination.judge(try RecordedServer.recording())
        #expect(results.filter { $0.verdict != .passed }.map { "\($0.check.id): \($0.verdict)" } == [])
    }

    @Test(arguments: try RecordedServer.faults())
    func `a fault fails the checks that are meant for it, and no others`(fault: RecordedServer.Fault) throws {
        let recording = try fault.applied(to: RecordedServer.recording())
        #expect(failures(recording) == fault.expected)
    }

    @Test func `each fault's checks know its complaint`() throws {
        for fault in try RecordedServer.faults() where fault.complaint > 0 {
            let checks = Examination.allChecks.filter { fault.expected.contains($0.id) }
            #expect(checks.contains { $0.complaints.contains(fault.complaint) }, "\(fault)")
        }
    }

    @Test func `what a server does not offer is skipped`() throws {
        var recording = try RecordedServer.recording()
        for name in ["embeddings.float", "responses.whole", "anthropic.whole", "ollama.stream", "completions.whole"] {
            recording.transcripts[name]?[0].status = 404
        }
        recording.transcripts["tools.auto"]?[0].status = 400
        recording.subject.hasKey = false
        let skipped = examination.judge(recording).filter { $0.verdict.isSkip }.map(\.check)
        #expect(failures(recording) == [])
        for group in [CheckGroup.embeddings, .responses, .anthropic, .ollama, .completions, .access] {
            #expect(group.checks.allSatisfy { check in skipped.contains { $0.id == check.id } }, "\(group)")
        }
        #expect(skipped.contains { $0.id == "tools.required" })
    }

    @Test func `a server that answers nothing fails and nothing traps`() {
        let silent = Recording(subject: Subject(model: "m", hasKey: true))
        #expect(examination.judge(silent).allSatisfy { $0.verdict.isSkip })
        var broken = silent
        for scenario in examination.scenarios {
            let transcript = Transcript(method: "GET", path: "/", request: "", failure: "no answer within 1 seconds")
            broken.transcripts[scenario.name] = [transcript]
        }
        #expect(failures(broken).contains("chat.object"))
    }

    /// Whatever bytes a server sends, a judgement is a verdict.
    @Test func `bodies of any kind are judged`() throws {
        let bodies = [
            "", "null", "[]", "{}", "5", "data: {}\n\n", "data: null\n\ndata: [DONE]\n\n", #"{"choices": [{}]}"#,
            "\u{0}",
        ]
        let recording = try RecordedServer.recording()
        for body in bodies {
            var changed = recording
            for name in changed.transcripts.keys {
                for step in changed.transcripts[name]?.indices ?? 0..<0 {
                    changed.transcripts[name]?[step].body = Array(body.utf8)
                }
            }
            #expect(!failures(changed).isEmpty)
        }
    }

    @Test func `a recording is the same when it is read again`() throws {
        let recording = try RecordedServer.recording()
        let again = try #require(Recording(recording.json))
        #expect(again.json == recording.json)
        #expect(Recording("[]") == nil)
    }
}
