import Checkpoints
import Testing

@Suite struct CheckpointSearchTests {
    private func folder(_ files: String...) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for file in files { try folder.write(file, []) }
        return folder
    }

    @Test func filesAndFoldersAreFoundByTheirNames() throws {
        let folder = try folder(
            "b.gguf", "notes.txt", ".hidden.gguf", "mmproj-a.gguf", "split-00001-of-00002.gguf",
            "split-00002-of-00002.gguf", "Qwen3-0.6B/model.safetensors", "Qwen3-0.6B/config.json",
            "publisher/Some-GGUF/some-Q4_K_M.gguf", "a/b/c/too-deep.gguf", "empty/README.md")
        let found = try CheckpointSearch.models(below: folder.path)
        #expect(found.map(\.name) == ["Qwen3-0.6B", "b", "some-Q4_K_M", "split"])
        #expect(found.map { $0.path.hasPrefix(folder.path) } == [true, true, true, true])
    }

    @Test func linksThatGoInACircleEnd() throws {
        let folder = try folder("a.gguf")
        try folder.link("loop", to: folder.path)
        #expect(try CheckpointSearch.models(below: folder.path).first?.name == "a")
    }

    @Test func aFolderThatIsNotThereIsAnError() {
        #expect(throws: CheckpointError.self) { try CheckpointSearch.models(below: "/nowhere") }
    }

    @Test(arguments: [
        ("/models/Qwen3-0.6B-Q8_0.gguf", "Qwen3-0.6B-Q8_0"), ("big-00001-of-00003.gguf", "big"),
        ("/models/Qwen3-0.6B/", "Qwen3-0.6B"),
        ("/models/Qwen3-0.6B/model.safetensors", "Qwen3-0.6B"), ("/m/Q/model.safetensors.index.json", "Q"),
    ]) func aPathTellsTheName(path: String, name: String) {
        #expect(CheckpointSearch.name(of: path) == name)
    }
}
