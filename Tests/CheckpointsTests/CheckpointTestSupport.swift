import Checkpoints
import Foundation

/// Opens bytes as a GGUF file in memory and hands the checkpoint on.
func withGGUF<Result>(_ bytes: [UInt8], _ body: (Checkpoint) throws -> Result) throws -> Result {
    try bytes.withUnsafeBytes { try body(Checkpoint.open(bytes: $0, name: "sample.gguf")) }
}

/// The line that opening the bytes as GGUF ends with, or nil where it succeeds.
func ggufFailure(_ bytes: [UInt8]) -> String? {
    do {
        try withGGUF(bytes) { _ in }
        return nil
    } catch {
        return "\(error)"
    }
}

/// A folder that goes when the test ends.
final class TemporaryFolder {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "ponder-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    @discardableResult
    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        let file = "\(path)/\(name)"
        try FileManager.default.createDirectory(
            at: URL(filePath: file).deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(filePath: file))
        return file
    }

    func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: "\(path)/\(name)", withDestinationPath: target)
    }
}

/// The line that opening a path ends with, or nil where it succeeds.
func failure(opening path: String) -> String? {
    do {
        _ = try Checkpoint.open(path)
        return nil
    } catch {
        return "\(error)"
    }
}

/// The line that opening a folder ends with, or nil where it succeeds. Keeps the folder until then.
func failure(opening folder: TemporaryFolder) -> String? {
    withExtendedLifetime(folder) { failure(opening: folder.path) }
}

/// A seeded source of numbers (splitmix64): a test's mutations are the same in every run.
struct SeededNumbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

extension SeededNumbers {
    /// The bytes with one to four of them changed, and sometimes cut or extended.
    mutating func mutation(of bytes: [UInt8]) -> [UInt8] {
        var mutant = bytes
        for _ in 0..<Int.random(in: 1...4, using: &self) {
            let index = Int.random(in: 0..<mutant.count, using: &self)
            switch Int.random(in: 0..<4, using: &self) {
            case 0: mutant[index] = UInt8.random(in: 0...255, using: &self)
            case 1: mutant[index] ^= 1 << UInt8.random(in: 0..<8, using: &self)
            case 2: mutant[index] = 255
            default: mutant[index] = 0
            }
        }
        switch Int.random(in: 0..<8, using: &self) {
        case 0: mutant.removeLast(Int.random(in: 0..<mutant.count, using: &self))
        case 1: mutant += [UInt8](repeating: 7, count: 9)
        default: break
        }
        return mutant
    }
}
