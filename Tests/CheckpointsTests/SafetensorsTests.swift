import Testing

@testable import Checkpoints

@Suite struct SafetensorsTests {
    private static let header = """
        {"__metadata__":{"format":"pt"},"a":{"dtype":"BF16","shape":[2,3],"data_offsets":[0,12]},\
        "b":{"dtype":"I64","shape":[],"data_offsets":[12,20]},"c":{"dtype":"F32","shape":[0,5],"data_offsets":[20,20]}}
        """

    private static func file(_ header: String, data: Int = 20) -> [UInt8] {
        little(UInt64(header.utf8.count)) + Array(header.utf8) + [UInt8](repeating: 3, count: data)
    }

    private func failure(_ bytes: [UInt8]) throws -> String {
        let folder = try TemporaryFolder()
        let path = try folder.write("model.safetensors", bytes)
        return CheckpointsTests.failure(opening: path) ?? "it opened"
    }

    private func failure(_ header: String, data: Int = 20) throws -> String {
        try failure(SafetensorsTests.file(header, data: data))
    }

    @Test func tensorsAreListed() throws {
        let folder = try TemporaryFolder()
        try folder.write("model.safetensors", SafetensorsTests.file(SafetensorsTests.header))
        let checkpoint = try Checkpoint.open(folder.path)
        #expect(checkpoint.tensors.map(\.name) == ["a", "b", "c"])
        #expect(checkpoint.tensor(named: "a")?.shape == [2, 3])
        #expect(checkpoint.tensor(named: "a")?.format == .bf16)
        #expect(checkpoint.tensor(named: "b")?.format.name == "I64")
        #expect(checkpoint.tensor(named: "c")?.byteCount == 0)
        #expect(checkpoint.kind == .safetensors)
        #expect(checkpoint.metadata == nil)
    }

    @Test func spacesMayPadTheHeader() throws {
        #expect(try failure(SafetensorsTests.header + "   ") == "it opened")
        #expect(try failure(SafetensorsTests.header + "x").contains("expected JSON"))
        #expect(try failure(SafetensorsTests.header + "{}").contains("expected JSON"))
    }

    @Test func aFileCutAnywhereIsRefused() throws {
        let bytes = SafetensorsTests.file(SafetensorsTests.header)
        let folder = try TemporaryFolder()
        for length in 0..<bytes.count {
            let path = try folder.write("model.safetensors", Array(bytes.prefix(length)))
            #expect(CheckpointsTests.failure(opening: path) != nil, "cut at \(length)")
        }
    }

    @Test func dataMustBeCoveredExactly() throws {
        #expect(try failure(SafetensorsTests.header, data: 21).contains("1 bytes that belong to no tensor"))
        #expect(try failure(SafetensorsTests.header, data: 19).contains("data_offsets"))
        let hole = #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#
        #expect(try failure(hole, data: 8).contains("expected a tensor at byte"))
        let overlap = """
            {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}
            """
        #expect(try failure(overlap, data: 12).contains("share no byte"))
    }

    @Test(arguments: [
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, "8 bytes for F32 [2]"),
        (#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, "a shape"),
        (#"{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}"#, "a shape"),
        (#"{"a":{"dtype":"F32","shape":"1","data_offsets":[0,4]}}"#, "a shape"),
        (#"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,4]}}"#, "a size below"),
        (#"{"a":{"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,4]}}"#, "a shape"),
        (#"{"a":{"dtype":"X9","shape":[1],"data_offsets":[0,4]}}"#, "\"X9\""),
        (#"{"a":{"dtype":5,"shape":[1],"data_offsets":[0,4]}}"#, "the dtype"),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, "ascending data_offsets"),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#, "ascending data_offsets"),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,400]}}"#, "data inside the 4 data bytes"),
        (#"{"a":[1]}"#, "the dtype of a"),
        (#"[1]"#, "a JSON object"),
        (
            #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
            "each key once"
        ),
    ]) func wrongHeadersAreNamed(header: String, clause: String) throws {
        let line = try failure(header, data: 4)
        #expect(line.contains(clause), "\(line)")
    }

    @Test(arguments: [UInt64(0), 1, 1 << 30, 1 << 63, .max]) func headerLengthsAreChecked(length: UInt64) throws {
        var bytes = SafetensorsTests.file(SafetensorsTests.header)
        bytes.replaceSubrange(0..<8, with: little(length))
        #expect(try failure(bytes).contains("a length of \(length)"))
    }

    @Test func noMutationCrashes() {
        let bytes = SafetensorsTests.file(SafetensorsTests.header)
        var numbers = SeededNumbers(state: 11)
        var refused = 0
        for _ in 0..<3000 {
            numbers.mutation(of: bytes).withUnsafeBytes { mutant in
                do {
                    let file = try SafetensorsFile(MappedFile(bytes: mutant, name: "m.safetensors"))
                    for tensor in file.tensors { _ = tensor.bytes.last }
                } catch {
                    refused += 1
                    #expect("\(error)".hasPrefix("m.safetensors"))
                }
            }
        }
        #expect(refused > 1000)
    }
}
