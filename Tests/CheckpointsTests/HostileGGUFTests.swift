import Testing

/// Every damaged file ends with one line that names the trouble.
@Suite struct HostileGGUFTests {
    private func failure(_ change: (inout GGUFBuilder) -> Void) -> String {
        var builder = GGUFBuilder.sample
        change(&builder)
        return ggufFailure(builder.bytes) ?? "it opened"
    }

    @Test func aFileCutAnywhereIsRefused() {
        let bytes = GGUFBuilder.sample.bytes
        for length in 0..<bytes.count {
            let line = ggufFailure(Array(bytes.prefix(length)))
            #expect(line != nil, "cut at \(length)")
            #expect(line?.contains("\n") == false)
        }
        #expect(ggufFailure(bytes) == nil)
    }

    @Test func magicAndVersionAreChecked() {
        #expect(failure { $0.magic = Array("GGML".utf8) }.contains("magic"))
        #expect(failure { $0.version = 1 }.contains("version 1"))
        #expect(failure { $0.version = 4 }.contains("version 4"))
        #expect(failure { $0.version = UInt32(3).byteSwapped }.contains("big-endian"))
    }

    @Test func countsPastTheEndAreRefused() {
        for count in [UInt64(3), 1 << 20, 1 << 40, .max] {
            #expect(failure { $0.tensorCount = count } != "it opened")
            #expect(failure { $0.metadataCount = max(count, 8) } != "it opened")
        }
    }

    @Test(arguments: [UInt64(1) << 32, 1 << 62, .max]) func lengthsPastTheEndAreRefused(length: UInt64) {
        let line = failure { $0.metadata.append(("k", .raw(type: 8, bytes: little(length)))) }
        #expect(line.contains("length of \(length)") || line.contains("end of the file"))
        for element in UInt32(0)...12 {
            let array = little(element) + little(length)
            #expect(failure { $0.metadata.append(("k", .raw(type: 9, bytes: array))) }.contains("elements of k"))
        }
    }

    @Test func overflowingShapesAreRefused() {
        for dimensions in [
            [1 << 62, 8], [1 << 32, 1 << 32], [.max, 1], [1 << 40, 1 << 40, 0], [UInt64(1) << 63, 2],
        ] {
            #expect(failure { $0.tensors[0].dimensions = dimensions } != "it opened")
        }
        #expect(failure { $0.tensors[0].dimensions = [1, 1, 1, 1, 1] }.contains("at most 4 dimensions"))
    }

    @Test func rowsOfBrokenBlocksAreRefused() {
        #expect(failure { $0.tensors[0].type = 8 }.contains("rows of whole Q8_0 blocks (32 elements)"))
    }

    @Test func unknownTypesAreRefused() {
        #expect(failure { $0.tensors[0].type = 99 }.contains("token_embd.weight, found 99"))
        #expect(failure { $0.metadata.append(("k", .raw(type: 13, bytes: [0]))) }.contains("value type"))
        #expect(failure { $0.metadata.append(("k", .bool(2))) }.contains("a boolean, 0 or 1"))
    }

    @Test func offsetsAreChecked() {
        #expect(failure { $0.tensors[1].offset = 65 }.contains("multiple of 32"))
        #expect(failure { $0.tensors[1].offset = 1 << 40 }.contains("inside the file"))
        #expect(failure { $0.tensors[1].offset = .max - 31 }.contains("inside the file"))
        #expect(failure { $0.tensors[1].offset = 32 }.contains("share no byte"))
    }

    @Test func namesStandOnce() {
        #expect(failure { $0.tensors[1].name = "token_embd.weight" }.contains("twice"))
        #expect(failure { $0.metadata.append(("qwen3.block_count", .uint32(1))) }.contains("qwen3.block_count twice"))
    }

    @Test(arguments: [UInt32(0), 3, 48, 1 << 30]) func alignmentsMustBePowersOfTwo(alignment: UInt32) {
        let line = failure { $0.metadata.append(("general.alignment", .uint32(alignment))) }
        #expect(line.contains("power of two"))
    }

    @Test func deeplyNestedArraysAreRefused() {
        var bytes: [UInt8] = little(UInt32(4)) + little(UInt64(0))
        for _ in 0..<20 { bytes = little(UInt32(9)) + little(UInt64(1)) + bytes }
        #expect(failure { $0.metadata.append(("k", .raw(type: 9, bytes: bytes))) }.contains("nested at most"))
    }

    @Test func keysMustBeText() {
        var bytes = GGUFBuilder.sample.bytes
        bytes[32] = 0xff
        #expect(ggufFailure(bytes)?.contains("in UTF-8") == true)
    }

    @Test func errorsAreOnePrintableLine() {
        let line = failure {
            $0.tensors[0].name = "a\n\u{1b}[31m"; $0.tensors[0].type = 99
        }
        #expect(line.contains("a??[31m"))
    }

    @Test func noMutationCrashes() {
        let bytes = GGUFBuilder.sample.bytes
        var numbers = SeededNumbers(state: 7)
        var refused = 0
        for _ in 0..<4000 {
            let mutant = numbers.mutation(of: bytes)
            do {
                try withGGUF(mutant) { checkpoint in
                    for tensor in checkpoint.tensors { _ = tensor.bytes.last }
                    for key in checkpoint.metadata?.keys ?? [] {
                        _ = try? checkpoint.metadata?.strings(key)
                        _ = try? checkpoint.metadata?.integers(key)
                        _ = try? checkpoint.metadata?.floats(key)
                        _ = try? checkpoint.metadata?.booleans(key)
                    }
                }
            } catch {
                refused += 1
                #expect("\(error)".hasPrefix("sample.gguf"))
            }
        }
        #expect(refused > 500)
    }
}
