import Foundation
import Testing

@testable import ModelHub

@Suite struct PartedFileTests {
    private let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 7) }

    private func withPath(_ body: (String) throws -> Void) throws {
        let path = NSTemporaryDirectory() + "ponder-parts-\(UUID().uuidString)"
        defer { for end in ["", ".done"] { try? FileManager.default.removeItem(atPath: path + end) } }
        try body(path)
    }

    private func file(_ digest: String? = nil) -> RepositoryFile {
        var state = DigestState(.sha256)
        state.update(bytes[...])
        return RepositoryFile(path: "m.gguf", byteCount: bytes.count, digest: .sha256(digest ?? state.finish()))
    }

    private func fill(_ parted: PartedFile, _ indices: some Sequence<Int>) throws {
        for index in indices {
            let part = parted.parts[index]
            let middle = (part.next + part.end) / 2
            try parted.append(bytes[part.next..<middle], to: index)
            try parted.append(bytes[middle..<part.end], to: index)
        }
    }

    @Test func `parts in any order come to the whole`() throws {
        try withPath { path in
            let parted = try PartedFile(path, of: file(), partCount: 7)
            #expect(parted.parts.count == 7 && parted.byteCount == 0)
            try fill(parted, parted.parts.indices.reversed())
            #expect(parted.byteCount == 1000)
            #expect(try parted.move(to: path + ".done") { false })
            #expect(FileManager.default.contents(atPath: path + ".done") == Data(bytes))
        }
    }

    @Test func `what an earlier process wrote of each part is kept`() throws {
        try withPath { path in
            do {
                let parted = try PartedFile(path, of: file(), partCount: 4)
                try fill(parted, [1, 3])
                try parted.append(bytes[0..<10], to: 0)
            }
            #expect(PartedFile.missingByteCount(path, of: file()) == 490)
            // However many parts the next one would have made.
            let parted = try PartedFile(path, of: file(), partCount: 9)
            #expect(parted.parts.map { $0.end - $0.next } == [240, 0, 250, 0])
            try fill(parted, [0, 2])
            #expect(try parted.move(to: path + ".done") { false })
        }
    }

    @Test func `the beginning that came in order is a part that is there`() throws {
        try withPath { path in
            try Data(bytes[..<400]).write(to: URL(fileURLWithPath: path))
            let parted = try PartedFile(path, of: file(), partCount: 3)
            #expect(parted.byteCount == 400 && parted.parts.first?.next == 400)
            try fill(parted, parted.parts.indices)
            #expect(try parted.move(to: path + ".done") { false })
        }
    }

    @Test func `wrong bytes are not taken for the file`() throws {
        try withPath { path in
            let parted = try PartedFile(path, of: file(String(repeating: "0", count: 64)), partCount: 2)
            try fill(parted, parted.parts.indices)
            #expect(try !parted.move(to: path + ".done") { false })
        }
    }

    @Test(arguments: [16, 17, 32, 48, 10_000]) func `a table that nobody wrote is none`(length: Int) throws {
        try withPath { path in
            try Data(bytes + [UInt8](repeating: 0x4F, count: length)).write(to: URL(fileURLWithPath: path))
            #expect(PartedFile.missingByteCount(path, of: file()) == 1000)
            #expect(try PartedFile(path, of: file(), partCount: 2).byteCount == 0)
        }
    }
}
