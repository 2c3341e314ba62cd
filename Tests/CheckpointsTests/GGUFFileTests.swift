import Checkpoints
import Testing

@Suite struct GGUFFileTests {
    @Test func metadataKeepsOrderAndTypes() throws {
        try withGGUF(GGUFBuilder.sample.bytes) { checkpoint in
            let metadata = try #require(checkpoint.metadata)
            #expect(metadata.keys.first == "general.architecture")
            #expect(try metadata.string("general.architecture") == "qwen3")
            #expect(try metadata.integer("qwen3.block_count") == 2)
            #expect(try metadata.double("qwen3.rope.freq_base") == 1e6)
            #expect(try metadata.double("qwen3.block_count") == 2)
            #expect(try metadata.bool("tokenizer.ggml.add_bos_token") == false)
            #expect(try metadata.strings("tokenizer.ggml.tokens") == ["a", "b", "Ġc"])
            #expect(try metadata.integers("tokenizer.ggml.token_type") == [1, 1, 3])
            #expect(try metadata.elementCount("tokenizer.ggml.tokens") == 3)
            #expect(try metadata.string("nothing") == nil)
            var lengths: [Int] = []
            #expect(try metadata.forEachString("tokenizer.ggml.tokens") { lengths.append($0.count) })
            #expect(lengths == [1, 1, 3])
        }
    }

    @Test func aValueOfAnotherTypeIsNamed() throws {
        try withGGUF(GGUFBuilder.sample.bytes) { checkpoint in
            let metadata = try #require(checkpoint.metadata)
            let error = #expect(throws: CheckpointError.self) { try metadata.integer("general.architecture") }
            #expect(error?.expected == "an integer for general.architecture")
            #expect(error?.found == "a string")
            #expect(throws: CheckpointError.self) { try metadata.strings("tokenizer.ggml.token_type") }
            #expect(throws: CheckpointError.self) { try metadata.floats("tokenizer.ggml.tokens") }
        }
    }

    @Test func shapesHaveRowsFirst() throws {
        try withGGUF(GGUFBuilder.sample.bytes) { checkpoint in
            let tensor = try #require(checkpoint.tensor(named: "token_embd.weight"))
            #expect(tensor.shape == [3, 4])
            #expect(tensor.byteCount == 48)
            #expect(tensor.bytes.count == 48)
            #expect(tensor.bytes.allSatisfy { $0 == 1 })
        }
    }

    @Test(arguments: [UInt32(2), 3]) func versionsTwoAndThreeOpen(version: UInt32) {
        var builder = GGUFBuilder.sample
        builder.version = version
        #expect(ggufFailure(builder.bytes) == nil)
    }

    @Test func otherAlignmentsMoveTheData() throws {
        var builder = GGUFBuilder.sample
        builder.metadata.append(("general.alignment", .uint32(128)))
        builder.alignment = 128
        builder.tensors[1].offset = 128
        try withGGUF(builder.bytes) { checkpoint in
            #expect(checkpoint.tensors.allSatisfy { $0.fileOffset % 128 == 0 })
        }
    }

    /// Tensor types with their block length and size, as ggml defines them.
    @Test(arguments: [
        (0, 1, 4), (1, 1, 2), (2, 32, 18), (3, 32, 20), (6, 32, 22), (7, 32, 24), (8, 32, 34), (10, 256, 84),
        (11, 256, 110),
        (12, 256, 144), (13, 256, 176), (14, 256, 210), (20, 32, 18), (23, 256, 136), (30, 1, 2), (39, 32, 17),
    ]) func blockSizesDecideByteCounts(type: Int, blockLength: Int, blockByteCount: Int) throws {
        var builder = GGUFBuilder()
        let byteCount = 3 * 2 * blockByteCount
        builder.tensors = [
            .init(
                name: "t", dimensions: [UInt64(2 * blockLength), 3], type: UInt32(type), offset: 0, byteCount: byteCount
            )
        ]
        try withGGUF(builder.bytes) { #expect($0.tensors[0].byteCount == byteCount) }
        builder.tensors[0].byteCount -= 1
        #expect(ggufFailure(builder.bytes)?.contains("inside the file") == true)
    }

    @Test func unsupportedTypesAreListed() throws {
        var builder = GGUFBuilder()
        builder.tensors = [.init(name: "t", dimensions: [256], type: 16, offset: 0, byteCount: 66)]
        try withGGUF(builder.bytes) { #expect($0.tensors[0].format.name == "IQ2_XXS") }
    }
}
