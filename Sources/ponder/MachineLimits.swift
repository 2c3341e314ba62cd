import Foundation

/// What this process may use of the machine: less than all of it inside a container.
struct MachineLimits: Equatable, Sendable {
    /// Cores that threads can run on at the same time, at least 1.
    var coreCount: Int

    /// Bytes that can still be taken without pushing others out; nil where the system does not say.
    var availableMemory: Int?

    /// Asks the system.
    static func current() -> MachineLimits {
        MachineLimits(
            processorCount: ProcessInfo.processInfo.activeProcessorCount,
            memoryInformation: text("/proc/meminfo"),
            processorQuota: text("/sys/fs/cgroup/cpu.max"),
            memoryGroups: MemoryGroups.current(),
            processLimits: ProcessLimits.current()
        )
    }

    /// From the texts of the kernel's files, where there are any.
    ///
    /// - Parameters:
    ///   - processorCount: Cores that the scheduler may put the process on.
    ///   - memoryInformation: `/proc/meminfo`.
    ///   - processorQuota: The control group's `cpu.max`: microseconds of processor time in a period, and the period.
    ///   - memoryGroups: What the control groups allow.
    ///   - processLimits: What the process's own limits allow.
    init(
        processorCount: Int,
        memoryInformation: String? = nil,
        processorQuota: String? = nil,
        memoryGroups: MemoryGroups = MemoryGroups(),
        processLimits: ProcessLimits = ProcessLimits()
    ) {
        coreCount = max(1, min(processorCount, Self.cores(of: processorQuota) ?? processorCount))
        let free = Self.availableBytes(in: memoryInformation)
        availableMemory = [free, memoryGroups.availableMemory, processLimits.availableMemory].compactMap(\.self).min()
    }

    private static func cores(of quota: String?) -> Int? {
        let fields = quota?.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
        guard let fields, fields.count == 2, fields[0] > 0, fields[1] > 0 else { return nil }
        return Int(exactly: (fields[0] / fields[1]).rounded(.up))
    }

    private static func availableBytes(in memoryInformation: String?) -> Int? {
        let line = memoryInformation?.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
        let kilobytes = line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        return kilobytes.flatMap { number in
            let (bytes, overflow) = number.multipliedReportingOverflow(by: 1_024)
            return overflow ? nil : bytes
        }
    }

    private static func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }
}
