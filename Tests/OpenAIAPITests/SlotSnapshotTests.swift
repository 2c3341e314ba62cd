import Foundation
import JSON
import ServingTestSupport
import Testing

@testable import OpenAIAPI

@Suite struct SlotSnapshotTests {
    /// A client of a server that may save to a folder, which goes when `body` returns.
    private func withClient(_ body: (APIClient, String) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "ponder-slots-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(APIClient(snapshotFolder: folder), folder)
    }

    @Test func prefixesAreSavedErasedAndRestored() async throws {
        try await withClient { client, folder in
            let text = String(repeating: "Once upon a time. ", count: 20)
            client.model.prepare(" The end", forText: text)
            let body: JSONValue = ["prompt": .string(text)]
            _ = try await client.post("/completion", body)
            let saved = try await client.post("/slots/0?action=save", ["filename": "a.bin"]).json
            #expect(saved["id_slot"] == 0)
            #expect(saved["filename"] == "a.bin")
            let count = saved["n_saved"]?.intValue ?? 0
            #expect(count > 0)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.bin"])
            #expect(try await client.send(.post, "/slots/1?action=erase").json["n_erased"]?.intValue == count)
            let cold = try await client.post("/v1/completions", body).json
            #expect(cold["usage"]?["prompt_tokens_details"]?["cached_tokens"] ?? 0 == 0)
            _ = try await client.post("/slots/1?action=erase", [:])
            let restored = try await client.post("/slots/0?action=restore", ["filename": "a.bin"]).json
            #expect(restored["n_restored"]?.intValue == count)
            #expect(restored["n_read"] == saved["n_written"])
            let warm = try await client.post("/v1/completions", body).json
            #expect(warm["usage"]?["prompt_tokens_details"]?["cached_tokens"]?.intValue ?? 0 > 0)
        }
    }

    @Test(arguments: [
        "", ".", "..", "../a", "a/b", "/etc/passwd", "a\\b", ".hidden", "a\u{0}b", "ä", "a b", "%2e%2e%2fa",
        String(repeating: "a", count: 201),
    ])
    func aNameThatIsNoPlainOneIsRefused(name: String) async throws {
        try await withClient { client, folder in
            for action in ["save", "restore"] {
                let reply = try await client.post("/slots/0?action=\(action)", ["filename": .string(name)])
                #expect(reply.status == 400)
                #expect(try reply.error("param") == "filename")
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        }
    }

    @Test func mistakesAreNamed() async throws {
        try await withClient { client, folder in
            let cases: [(target: String, body: JSONValue, status: Int, parameter: JSONValue)] = [
                ("/slots/0?action=save", [:], 400, "filename"),
                ("/slots/0", ["filename": "a"], 400, "action"),
                ("/slots/0?action=copy", ["filename": "a"], 400, "action"),
                ("/slots/-1?action=save", ["filename": "a"], 400, "id"),
                ("/slots/x?action=save", ["filename": "a"], 400, "id"),
                ("/slots/0?action=restore", ["filename": "none"], 404, "filename"),
                ("/slots/0?action=restore", ["filename": "other.txt"], 400, "filename"),
            ]
            try Data("no snapshot".utf8).write(to: URL(filePath: "\(folder)/other.txt"))
            for (target, body, status, parameter) in cases {
                let reply = try await client.post(target, body)
                #expect(reply.status == status, "\(target)")
                #expect(try reply.error("param") == parameter, "\(target)")
                #expect(!reply.text.contains(folder))
            }
        }
    }

    @Test func withoutAFolderNothingIsDone() async throws {
        let client = try APIClient()
        for action in ["save", "restore", "erase"] {
            let reply = try await client.post("/slots/0?action=\(action)", ["filename": "a"])
            #expect(reply.status == 400)
            #expect(try reply.error("message")?.stringValue?.contains("--slot-save-path") == true)
        }
    }
}
