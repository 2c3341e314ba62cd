internal import Foundation

/// What the system knows of this process, by the names that Prometheus's own clients use.
public enum ProcessMetrics {
    /// The families, without those whose source cannot be read.
    public static func families() -> [MetricFamily] {
        var families: [MetricFamily] = []
        func add(_ name: String, _ kind: MetricFamily.Kind, _ help: String, _ value: Double?) {
            guard let value else { return }
            families.append(MetricFamily(name, kind, help, [MetricSample(.number(value))]))
        }
        let stat = ProcessStat(text: read("/proc/self/stat"))
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        add(
            "process_cpu_seconds_total", .counter, "Processor time that the process took, in seconds.",
            stat.map { $0.ticks / ticks })
        add(
            "process_start_time_seconds", .gauge, "When the process began, in seconds since 1970.",
            stat.flatMap { stat in bootTime.map { $0 + stat.startTicks / ticks } })
        add(
            "process_virtual_memory_bytes", .gauge, "Address space that the process has, in bytes.",
            stat.map(\.virtualBytes))
        add(
            "process_resident_memory_bytes", .gauge, "Memory that the process has, mapped files included, in bytes.",
            stat.map { $0.residentPages * Double(sysconf(Int32(_SC_PAGESIZE))) })
        add("process_threads", .gauge, "Threads of the process.", stat.map(\.threads))
        let descriptors = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
        add("process_open_fds", .gauge, "File descriptors that are open.", descriptors.map { Double($0) })
        var limit = rlimit()
        let isKnown = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
        add("process_max_fds", .gauge, "File descriptors that may be open.", isKnown ? Double(limit.rlim_cur) : nil)
        return families
    }

    private static var bootTime: Double? {
        let line = read("/proc/stat").split(separator: "\n").first { $0.hasPrefix("btime ") }
        return line?.split(separator: " ").last.flatMap { Double($0) }
    }

    private static func read(_ path: String) -> String {
        guard let file = FileHandle(forReadingAtPath: path), let bytes = try? file.readToEnd() else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// The fields of `/proc/self/stat` that are shown; see proc_pid_stat(5).
struct ProcessStat {
    /// Ticks of the clock spent in user and in system mode.
    let ticks: Double
    let threads: Double
    /// When the process began, in ticks since the system did.
    let startTicks: Double
    let virtualBytes: Double
    let residentPages: Double

    /// Nil for a text that has not all of them.
    init?(text: String) {
        // The second field is a name in parentheses, which may hold anything.
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ").map { Double($0) }
        // The first of these is the third field of the file.
        func field(_ number: Int) -> Double? { fields.indices.contains(number - 3) ? fields[number - 3] : nil }
        guard let user = field(14), let system = field(15), let threads = field(20), let start = field(22),
            let virtual = field(23), let resident = field(24)
        else { return nil }
        ticks = user + system
        self.threads = threads
        startTicks = start
        virtualBytes = virtual
        residentPages = resident
    }
}
