import APIDoors
import Foundation
import Testing

@testable import ponder

@Suite struct KeyRingTests {
    private func keys(_ text: String?, flags: [String] = []) throws -> [String] {
        var settings = ServeSettings()
        settings.apiKeys = flags
        let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).keys").path
        settings.apiKeyFile = path
        if let text { try Data(text.utf8).write(to: URL(filePath: path)) }
        defer { try? FileManager.default.removeItem(atPath: path) }
        do {
            return try KeyRing(settings).load().map(\.name)
        } catch {
            return [error.description.replacing(path, with: "FILE")]
        }
    }

    @Test func `the keys of flags and of the file open alike`() throws {
        #expect(try keys("secret infer alice\n", flags: ["a", "b"]) == ["key-1", "key-2", "alice"])
    }

    @Test func `what is no file of keys is told in one line`() throws {
        #expect(try keys(nil) == ["FILE: cannot be read as a file of keys"])
        #expect(try keys("# none\n") == ["FILE: there is no key in this file"])
        let complaint = "'colour=1' is none of requests=, tokens=, weight= and priority="
        #expect(try keys("secret colour=1") == ["FILE, line 1: \(complaint)"])
    }
}
