import Checkpoints
import Testing

@Suite struct GGUFSplitTests {
    /// Three files: metadata with one tensor, then one tensor each.
    private func parts(count: UInt16 = 3) -> [GGUFBuilder] {
        (0..<3).map { number in
            var builder = GGUFBuilder()
            if number == 0 { builder.metadata = GGUFBuilder.sample.metadata }
            builder.metadata += [
                ("split.no", .uint16(UInt16(number))), ("split.count", .uint16(count)),
                ("split.tensors.count", .int32(3)),
            ]
            builder.tensors = [.init(name: "t\(number)", dimensions: [4], offset: 0, byteCount: 16)]
            return builder
        }
    }

    private func name(_ number: Int) -> String { "tiny-0000\(number)-of-00003.gguf" }

    private func folder(_ parts: [GGUFBuilder]) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for (index, part) in parts.enumerated() { try folder.write(name(index + 1), part.bytes) }
        return folder
    }

    @Test func anyPartOpensAll() throws {
        let folder = try folder(parts())
        for path in [folder.path] + (1...3).map({ "\(folder.path)/\(name($0))" }) {
            let checkpoint = try Checkpoint.open(path)
            #expect(checkpoint.tensors.map(\.name) == ["t0", "t1", "t2"])
            #expect(try checkpoint.metadata?.string("general.architecture") == "qwen3")
            #expect(checkpoint.name == "tiny")
        }
    }

    @Test func aMissingPartIsNamed() throws {
        let folder = try folder(Array(parts().prefix(2)))
        #expect(failure(opening: folder)?.contains("00003-of-00003.gguf: expected a readable file") == true)
    }

    @Test func partsMustAgree() throws {
        var wrong = parts()
        wrong[1].metadata[0].1 = .uint16(2)
        #expect(failure(opening: try folder(wrong))?.contains("expected 1 for split.no, found 2") == true)
        wrong = parts()
        wrong[2].metadata[1].1 = .uint16(7)
        #expect(failure(opening: try folder(wrong))?.contains("expected 3 for split.count, found 7") == true)
        wrong = parts()
        wrong[2].tensors[0].name = "t0"
        #expect(failure(opening: try folder(wrong))?.contains("twice") == true)
        wrong = parts()
        wrong[0].metadata[8].1 = .int32(4)
        #expect(failure(opening: try folder(wrong))?.contains("as many tensors") == true)
    }

    @Test func aSplitOfAnotherNameIsRefused() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("renamed.gguf", parts()[0].bytes)
        #expect(failure(opening: path)?.contains("-00001-of-0000N.gguf") == true)
        #expect(ggufFailure(parts()[0].bytes)?.contains("a whole model") == true)
        #expect(ggufFailure(parts(count: 60_000)[0].bytes)?.contains("at most") == true)
    }
}
