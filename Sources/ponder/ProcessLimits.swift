import Foundation

/// What the limits of this process leave it of memory, as `ulimit -v` and `ulimit -d` or a service's `LimitAS` set them.
struct ProcessLimits: Equatable, Sendable {
    /// What threads' stacks, and the allocator's reserves for them, take besides: of address space, and of data.
    private static let addressReserve = 384 << 20
    private static let dataReserve = 96 << 20

    /// The kernel's `/proc/self/limits` and `/proc/self/status`, where they are.
    var limits: String?
    var status: String?

    static func current() -> ProcessLimits {
        ProcessLimits(limits: text("/proc/self/limits"), status: text("/proc/self/status"))
    }

    /// Bytes that can still be taken; nil where no limit is set.
    var availableMemory: Int? {
        let rooms = [
            room("Max address space", inUse: "VmSize:", reserve: Self.addressReserve),
            room("Max data size", inUse: "VmData:", reserve: Self.dataReserve),
        ]
        return rooms.compactMap(\.self).min()
    }

    private func room(_ limit: String, inUse: String, reserve: Int) -> Int? {
        guard let bytes = number(behind: limit, in: limits) else { return nil }
        let kilobytes = number(behind: inUse, in: status) ?? 0
        return max(0, bytes - kilobytes * 1_024 - reserve)
    }

    /// The first number behind a line's name.
    private func number(behind name: String, in text: String?) -> Int? {
        let line = text?.split(separator: "\n").first { $0.hasPrefix(name) }
        return line?.dropFirst(name.count).split(whereSeparator: \.isWhitespace).first.flatMap { Int($0) }
    }

    private static func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }
}
