import Foundation

/// What the control groups around this process allow it: a container's or a service's limit.
struct MemoryGroups: Equatable, Sendable {
    /// The kernel's files of one group, where there are any.
    struct Group: Equatable, Sendable {
        /// `memory.max`, or `memory.limit_in_bytes` of the first version of control groups: bytes, or `max`.
        var limit: String?
        /// `memory.current`, or `memory.usage_in_bytes`: the pages of files that the group reads count in it.
        var inUse: String?
        /// `memory.stat`.
        var statistics: String?
    }

    /// This process's group and those around it.
    var groups: [Group] = []

    /// Bytes that can still be taken in all groups; nil where none has a limit.
    var availableMemory: Int? {
        groups.compactMap { group in
            guard let limit = Self.number(group.limit) else { return nil }
            // Pages of files are dropped before a group has to do without memory.
            let files = ["inactive_file", "active_file"].reduce(0) { $0 + Self.number($1, in: group.statistics) }
            return max(0, limit - max(0, (Self.number(group.inUse) ?? 0) - files))
        }.min()
    }

    /// Reads the files of both versions of control groups.
    static func current() -> MemoryGroups {
        let names = text("/proc/self/cgroup") ?? ""
        let unified = paths(in: names, controller: "").map { Self.group("/sys/fs/cgroup\($0)", isUnified: true) }
        let first = paths(in: names, controller: "memory").map {
            Self.group("/sys/fs/cgroup/memory\($0)", isUnified: false)
        }
        return MemoryGroups(groups: unified + first)
    }

    /// A group's path in `/proc/self/cgroup` and those of the groups around it, up to the root, which is empty.
    ///
    /// Inside a container the path may be the host's and lead nowhere here: the root is the container's own group then.
    static func paths(in names: String, controller: String) -> [String] {
        let lines = names.split(separator: "\n").map {
            $0.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        }
        let line = lines.first { $0.count == 3 && $0[1].split(separator: ",").contains(controller[...]) }
        let unified = lines.first { $0.count == 3 && $0[0] == "0" && $0[1].isEmpty }
        guard let path = (controller.isEmpty ? unified : line)?[2] else { return [] }
        let parts = path.split(separator: "/")
        return (0...parts.count).reversed().map { count in parts.prefix(count).map { "/\($0)" }.joined() }
    }

    private static func group(_ path: String, isUnified: Bool) -> Group {
        Group(
            limit: text("\(path)/\(isUnified ? "memory.max" : "memory.limit_in_bytes")"),
            inUse: text("\(path)/\(isUnified ? "memory.current" : "memory.usage_in_bytes")"),
            statistics: text("\(path)/memory.stat")
        )
    }

    private static func number(_ text: String?) -> Int? {
        text.flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }

    /// A line of `memory.stat`. The first version counts groups inside this one under names of their own.
    private static func number(_ key: String, in statistics: String?) -> Int {
        var found: [Substring: Int] = [:]
        for line in statistics?.split(separator: "\n") ?? [] {
            let fields = line.split(separator: " ")
            if fields.count == 2 { found[fields[0]] = Int(fields[1]) }
        }
        return max(0, found["total_\(key)"] ?? found[key[...]] ?? 0)
    }

    private static func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }
}
