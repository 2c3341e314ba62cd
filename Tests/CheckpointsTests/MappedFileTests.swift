import Foundation
import Testing

@testable import Checkpoints

@Suite struct MappedFileTests {
    private let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    private static let byteCount = 1 << 20

    private func mapped() throws -> MappedFile {
        try #require(
            FileManager.default.createFile(atPath: path, contents: Data(repeating: 7, count: Self.byteCount)))
        return try MappedFile(path: path)
    }

    private func complaint(_ file: MappedFile) -> String {
        do throws(CheckpointError) {
            try file.checkUnchanged()
            return ""
        } catch {
            return error.description
        }
    }

    @Test func `a file that stays is whole`() throws {
        let file = try mapped()
        defer { unlink(path) }
        #expect(unsafe file.bytes.buffer.allSatisfy { $0 == 7 })
        #expect(complaint(file) == "")
    }

    @Test func `of a file that is cut short zeros are read, and it is told`() throws {
        let file = try mapped()
        defer { unlink(path) }
        #expect(truncate(path, 5_000) == 0)
        let bytes = unsafe Array(file.bytes.buffer)
        #expect(bytes.prefix(5_000).allSatisfy { $0 == 7 })
        #expect(bytes.dropFirst(5_000).allSatisfy { $0 == 0 })
        #expect(complaint(file).hasSuffix("found that it was cut to 5000 bytes"))
    }

    @Test func `a file that was cut for a while is not trusted`() throws {
        let file = try mapped()
        defer { unlink(path) }
        #expect(truncate(path, 4_096) == 0)
        #expect(unsafe file.bytes.buffer[Self.byteCount - 1] == 0)
        #expect(truncate(path, off_t(Self.byteCount)) == 0)
        #expect(complaint(file).hasSuffix("found parts that the system could not read"))
    }

    @Test func `a file that is written to is told`() throws {
        let file = try mapped()
        defer { unlink(path) }
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.write(contentsOf: Data([1]))
        try handle.close()
        var times = [timespec(tv_sec: 1, tv_nsec: 0), timespec(tv_sec: 1, tv_nsec: 0)]
        #expect(unsafe utimensat(AT_FDCWD, path, &times, 0) == 0)
        #expect(complaint(file).hasSuffix("found that somebody wrote to it"))
    }

    @Test func `a file that is replaced stays what it was`() throws {
        let file = try mapped()
        defer { unlink(path) }
        try Data([1, 2, 3]).write(to: URL(filePath: path), options: .atomic)
        #expect(unsafe file.bytes.buffer.allSatisfy { $0 == 7 })
        #expect(complaint(file) == "")
    }

    @Test func `many threads that meet the end at once all go on`() async throws {
        let file = try mapped()
        defer { unlink(path) }
        #expect(truncate(path, 4_096) == 0)
        let sums = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 { group.addTask { unsafe file.bytes.buffer.reduce(0) { $0 + Int($1) } } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(sums == Array(repeating: 7 * 4_096, count: 8))
    }
}
