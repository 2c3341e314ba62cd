import Foundation
import TestSupport
import Testing

@testable import ModelHub

/// A home with caches in it, which goes with the test.
private final class Home {
    let path = NSTemporaryDirectory() + "ponder-home-\(UUID().uuidString)"
    let first = String(repeating: "1", count: 40)
    let second = String(repeating: "2", count: 40)

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    var library: ModelLibrary { ModelLibrary(settings: HubSettings(environment: ["HOME": path])) }
    var repository: String { "\(path)/.cache/huggingface/hub/models--a--b" }

    func write(_ text: String, _ name: String) throws {
        let place = URL(fileURLWithPath: "\(path)/\(name)")
        try FileManager.default.createDirectory(
            at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: place)
    }

    /// A blob, and a link to it from a snapshot, as Hugging Face's own program makes them.
    func add(_ file: String, _ text: String, commit: String) throws {
        let blob = String(text.utf8.map { UInt64($0) }.reduce(7) { $0 &* 31 &+ $1 }, radix: 16)
        try write(text, ".cache/huggingface/hub/models--a--b/blobs/\(blob)")
        let link = URL(fileURLWithPath: "\(repository)/snapshots/\(commit)/\(file)")
        try FileManager.default.createDirectory(at: link.deletingLastPathComponent(), withIntermediateDirectories: true)
        let steps = String(repeating: "../", count: file.split(separator: "/").count + 1)
        try FileManager.default.createSymbolicLink(atPath: link.path, withDestinationPath: "\(steps)blobs/\(blob)")
    }

    func refer(_ name: String, to commit: String) throws {
        try write(commit, ".cache/huggingface/hub/models--a--b/refs/\(name)")
    }

    func names() -> [String] { library.models().map(\.name) }
    func find(_ text: String) throws -> StoredModel? { try library.model(ModelReference(text)) }
    func remove(_ text: String) throws -> Int { try library.remove(ModelReference(text)) }
}

@Suite struct ModelLibraryTests {
    /// A model in safetensors at one commit, two in GGUF at another, which share a file.
    private func filled() throws -> Home {
        let home = Home()
        for (file, text) in [("config.json", "{}"), ("model.safetensors", "weights"), ("README.md", "card")] {
            try home.add(file, text, commit: home.first)
        }
        for (file, text) in [("m-Q8_0.gguf", "eight"), ("deep/m-Q4_K_M.gguf", "four"), ("README.md", "card")] {
            try home.add(file, text, commit: home.second)
        }
        try home.refer("main", to: home.first)
        try home.refer("refs/pr/1", to: home.second)
        return home
    }

    @Test func `models are found by branch, commit and quantisation`() throws {
        let home = try filled()
        #expect(home.names() == ["a/b", "a/b@refs/pr/1:Q4_K_M", "a/b@refs/pr/1:Q8_0"])
        for name in home.names() { #expect(try home.find(name)?.name == name) }
        #expect(
            try home.find("a/b@\(home.second):q8_0")?.path == "\(home.repository)/snapshots/\(home.second)/m-Q8_0.gguf")
        #expect(try home.find("a/b@2222222")?.name == "a/b@refs/pr/1:Q4_K_M")
        #expect(try home.find("a/b")?.path == "\(home.repository)/snapshots/\(home.first)")
        #expect(try home.find("a/b")?.byteCount == 13)
        for name in ["a/b:q8_0", "a/b@222", "a/b@v1", "a/c", "modelscope:a/b"] { #expect(try home.find(name) == nil) }
    }

    @Test func `what is not whole is no model`() throws {
        let home = try filled()
        try home.add("model.safetensors.index.json", #"{"weight_map":{"x":"model-2.safetensors"}}"#, commit: home.first)
        try FileManager.default.removeItem(atPath: "\(home.repository)/snapshots/\(home.second)/m-Q8_0.gguf")
        try FileManager.default.createSymbolicLink(
            atPath: "\(home.repository)/snapshots/\(home.second)/m-Q8_0.gguf", withDestinationPath: "../../blobs/none")
        #expect(home.names() == ["a/b@refs/pr/1:Q4_K_M"])
    }

    @Test func `links that lead into circles or to folders are not followed`() throws {
        let home = try filled()
        let snapshot = "\(home.repository)/snapshots/\(home.first)"
        try FileManager.default.createSymbolicLink(atPath: "\(snapshot)/again", withDestinationPath: ".")
        try FileManager.default.createSymbolicLink(atPath: "\(snapshot)/self", withDestinationPath: "self")
        #expect(home.names().count == 3)
    }

    @Test func `removing one frees what no other uses`() throws {
        let home = try filled()
        #expect(try home.remove("a/b@refs/pr/1:q8_0") == 5)
        #expect(home.names() == ["a/b", "a/b@refs/pr/1:Q4_K_M"])
        // The card stays, for the other commit has it too.
        #expect(try home.remove("a/b@refs/pr/1") == 4)
        #expect(home.names() == ["a/b"])
        #expect(try home.remove("a/b") == 13)
        #expect(!FileManager.default.fileExists(atPath: home.repository))
        #expect(throws: HubError.self) { try home.remove("a/b") }
    }

    @Test func `removing never leaves the cache`() throws {
        let home = try filled()
        try home.write("precious", "precious.txt")
        let snapshot = "\(home.repository)/snapshots/\(home.first)"
        try FileManager.default.createSymbolicLink(
            atPath: "\(snapshot)/notes.txt", withDestinationPath: "../../../../../../../precious.txt")
        try FileManager.default.createSymbolicLink(atPath: "\(snapshot)/home", withDestinationPath: home.path)
        #expect(try home.remove("a/b@main") == 9)
        #expect(try String(contentsOfFile: "\(home.path)/precious.txt", encoding: .utf8) == "precious")
        #expect(home.names() == ["a/b@refs/pr/1:Q4_K_M", "a/b@refs/pr/1:Q8_0"])
    }

    @Test func `folders of other programs are read and left alone`() throws {
        let home = Home()
        try home.write("x", ".lmstudio/models/p/r/m-Q4_K_M.gguf")
        try home.write("x", ".cache/modelscope/hub/models/Qwen/Qwen3-0___6B/model.safetensors")
        try home.write("{}", ".cache/modelscope/hub/models/Qwen/Qwen3-0___6B/config.json")
        try home.write("x", ".cache/modelscope/models/Qwen--Qwen3-4B/snapshots/master/m-Q8_0.gguf")
        #expect(home.names() == ["modelscope:Qwen/Qwen3-0.6B", "modelscope:Qwen/Qwen3-4B:Q8_0", "p/r:Q4_K_M"])
        #expect(try home.find("p/r")?.place == .lmStudio)
        #expect(try home.find("modelscope:Qwen/Qwen3-0.6B")?.place == .modelScopeCache)
        #expect(throws: HubError.self) { try home.remove("p/r") }
        #expect(home.names().count == 3)
    }
}
