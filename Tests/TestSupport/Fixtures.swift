import Foundation

/// Finds the data that the repository keeps for its tests, in Tests/Fixtures.
public enum Fixtures {
    /// The absolute path of a fixture, such as `models/moe/hf`.
    public static func path(_ relative: String) -> String {
        URL(filePath: #filePath)
            .deletingLastPathComponent()
            .deletingLastPathComponent()
            .appending(path: "Fixtures")
            .appending(path: relative)
            .path
    }

    /// All bytes of a fixture.
    public static func bytes(_ relative: String) throws -> [UInt8] {
        try [UInt8](Data(contentsOf: URL(filePath: path(relative))))
    }

    /// The fixture's lines, without empty ones: for JSONL files.
    public static func lines(_ relative: String) throws -> [String] {
        let text = String(decoding: try bytes(relative), as: UTF8.self)
        return text.split(separator: "\n", omittingEmptySubsequences: true).map(String.init)
    }

    /// Raw little-endian float32 values, in C order.
    public static func floats(_ relative: String) throws -> [Float] {
        let raw = try bytes(relative)
        return stride(from: 0, to: raw.count - raw.count % 4, by: 4).map { offset in
            let bits = raw[offset..<offset + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            return Float(bitPattern: bits)
        }
    }
}
