import CLinux
import Foundation

/// What the kernel's files and the C library say of this machine, unread: `MachineExamination` makes sense of it.
struct MachineFacts: Sendable {
    /// `/proc/cpuinfo`
    var processors: String?
    /// `/proc/meminfo`
    var memory: String?
    /// `/sys/kernel/mm/transparent_hugepage/enabled`
    var hugePages: String?
    /// `/sys/devices/system/clocksource/clocksource0/current_clocksource`
    var clockSource: String?
    /// `/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor`
    var governor: String?
    /// `/sys/devices/system/node/online`
    var nodes: String?
    /// `/proc/loadavg`
    var load: String?
    /// `/proc/sys/kernel/osrelease`
    var kernel: String?
    var limits = MachineLimits(processorCount: 1)
    var processorCount = 1
    var groupMemory: Int?
    var descriptorLimits: ResourceLimit?
    var lockedMemory: ResourceLimit?
    var store: FolderRoom?
    var libraries = LibraryVersions()
    var openBLAS: OpenBLASCore?
    /// The environment's `OPENBLAS_CORETYPE`.
    var openBLASCoreType: String?

    /// Asks the system.
    static func current(environment: [String: String], storeFolder: String) -> MachineFacts {
        MachineFacts(
            processors: text("/proc/cpuinfo"), memory: text("/proc/meminfo"),
            hugePages: text("/sys/kernel/mm/transparent_hugepage/enabled"),
            clockSource: text("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
            governor: text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
            nodes: text("/sys/devices/system/node/online"), load: text("/proc/loadavg"),
            kernel: text("/proc/sys/kernel/osrelease"), limits: .current(),
            processorCount: ProcessInfo.processInfo.processorCount,
            groupMemory: MemoryGroups.current().availableMemory,
            descriptorLimits: .descriptors(), lockedMemory: .lockedMemory(),
            store: FolderRoom(folder: storeFolder), libraries: .current(), openBLAS: .current(),
            openBLASCoreType: environment["OPENBLAS_CORETYPE"].flatMap { $0.isEmpty ? nil : $0 })
    }

    private static func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map {
            String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        }
    }
}

/// A limit of this process; nil stands for none.
struct ResourceLimit: Equatable, Sendable {
    var soft: UInt64?
    var hard: UInt64?

    static func descriptors() -> ResourceLimit? { unsafe limit { unsafe linux_descriptor_limit($0) } }
    static func lockedMemory() -> ResourceLimit? { unsafe limit { unsafe linux_locked_memory_limit($0) } }

    private static func limit(_ read: (UnsafeMutablePointer<linux_limit>) -> Int32) -> ResourceLimit? {
        var limit = linux_limit()
        guard unsafe read(&limit) == 0 else { return nil }
        func number(_ value: UInt64) -> UInt64? { value == .max ? nil : value }
        return ResourceLimit(soft: number(limit.soft), hard: number(limit.hard))
    }
}

/// The room of the file system that a folder is on, or will be.
struct FolderRoom: Equatable, Sendable {
    var folder: String
    var freeByteCount: Int

    init(folder: String, freeByteCount: Int) {
        self.folder = folder
        self.freeByteCount = freeByteCount
    }

    /// nil where the system does not say.
    init?(folder: String) {
        // Until something was fetched the folder is not there, but one around it is.
        var place = URL(fileURLWithPath: folder)
        while place.path != "/", !FileManager.default.fileExists(atPath: place.path) { place.deleteLastPathComponent() }
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: place.path)
        guard let free = (attributes?[.systemFreeSize] as? NSNumber)?.intValue else { return nil }
        self.init(folder: folder, freeByteCount: free)
    }
}
