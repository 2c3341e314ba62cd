import Checkpoints
import Glibc
import Testing

@Suite struct CheckpointFolderTests {
    private func shard(_ name: String) -> [UInt8] {
        let header = #"{"\#(name)":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#
        return little(UInt64(header.utf8.count)) + Array(header.utf8) + [0, 0, 0, 0]
    }

    private func sharded(_ index: String) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.write("model-00001-of-00002.safetensors", shard("a"))
        try folder.write("model-00002-of-00002.safetensors", shard("b"))
        try folder.write("model.safetensors.index.json", Array(index.utf8))
        return folder
    }

    @Test func shardsAreOneCheckpoint() throws {
        let map = #"{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}"#
        let folder = try sharded(#"{"metadata":{},"weight_map":\#(map)}"#)
        #expect(try Checkpoint.open(folder.path).tensors.map(\.name) == ["a", "b"])
        #expect(try Checkpoint.open("\(folder.path)/").tensors.count == 2)
        #expect(try Checkpoint.open("\(folder.path)/model.safetensors.index.json").tensors.count == 2)
    }

    @Test(arguments: [
        (#"{"weight_map":{"a":"../model.safetensors"}}"#, "a file name without a folder for a"),
        (#"{"weight_map":{"a":"/etc/passwd"}}"#, "a file name without a folder for a"),
        (#"{"weight_map":{"a":".."}}"#, "a file name without a folder for a"),
        (#"{"weight_map":{"a":7}}"#, "a file name without a folder for a"),
        (#"{"weight_map":{"z":"model-00001-of-00002.safetensors"}}"#, "expected the tensor z"),
        (#"{"weight_map":{"z":"model-00003-of-00002.safetensors"}}"#, "expected a readable file"),
        (#"{"weight_map":[]}"#, "weight_map"),
        (#"{}"#, "weight_map"),
        (#"{"weight_map""#, "expected JSON"),
    ]) func wrongIndexesAreNamed(index: String, clause: String) throws {
        let line = failure(opening: try sharded(index))
        #expect(line?.contains(clause) == true, "\(line ?? "it opened")")
    }

    @Test func foldersWithoutOneModelAreRefused() throws {
        let folder = try TemporaryFolder()
        #expect(failure(opening: folder)?.contains("neither") == true)
        try folder.write("a.gguf", GGUFBuilder.sample.bytes)
        #expect(failure(opening: folder) == nil)
        try folder.write("mmproj-a.gguf", GGUFBuilder.sample.bytes)
        #expect(failure(opening: folder) == nil)
        try folder.write("b.gguf", GGUFBuilder.sample.bytes)
        #expect(failure(opening: folder)?.contains("a.gguf, b.gguf") == true)
    }

    @Test func pathsThatHoldNothingAreNamed() throws {
        let folder = try TemporaryFolder()
        #expect(failure(opening: "\(folder.path)/none.gguf")?.contains("No such file") == true)
        let empty = try folder.write("empty.gguf", [])
        #expect(failure(opening: empty)?.contains("an empty file") == true)
        #expect(failure(opening: "/dev/null.safetensors") != nil)
        #expect(failure(opening: "/dev/null")?.contains("a regular file") == true)
    }

    /// Opening a pipe would wait for somebody who writes to it.
    @Test func pipesAreRefusedAtOnce() throws {
        let folder = try TemporaryFolder()
        for name in ["a.gguf", "model.safetensors", "config.json"] {
            #expect(mkfifo("\(folder.path)/\(name)", 0o600) == 0)
            #expect(failure(opening: "\(folder.path)/\(name)")?.contains("a regular file") == true)
        }
        #expect(failure(opening: folder)?.contains("a regular file") == true)
    }

    @Test func sidecarFilesAreRead() throws {
        let folder = try TemporaryFolder()
        try folder.write("model.safetensors", shard("a"))
        try folder.write("config.json", Array(#"{"model_type":"qwen3"}"#.utf8))
        try folder.write("chat_template.jinja", Array("{{ x }}".utf8))
        let checkpoint = try Checkpoint.open(folder.path)
        #expect(checkpoint.configuration?["model_type"]?.stringValue == "qwen3")
        #expect(checkpoint.generationConfiguration == nil)
        #expect(try checkpoint.fileBytes(named: "chat_template.jinja") == Array("{{ x }}".utf8))
        #expect(try checkpoint.fileBytes(named: "tokenizer.json") == nil)
        #expect(try checkpoint.fileBytes(named: "../config.json") == nil)
        try folder.write("config.json", Array("{".utf8))
        #expect(failure(opening: folder)?.contains("expected JSON") == true)
    }

    @Test func aBareConfigurationOpens() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("Qwen3-8B.config.json", Array(#"{"model_type":"qwen3"}"#.utf8))
        let checkpoint = try Checkpoint.open(path)
        #expect(checkpoint.kind == .configuration)
        #expect(checkpoint.name == "Qwen3-8B")
        #expect(checkpoint.tensors.isEmpty)
    }
}
