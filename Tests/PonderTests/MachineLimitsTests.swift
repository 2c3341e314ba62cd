import Testing

@testable import ponder

@Suite struct MachineLimitsTests {
    private let information = "MemTotal:       24000000 kB\nMemFree:         1000000 kB\nMemAvailable:    2000000 kB\n"

    @Test func `outside a container the machine's own numbers hold`() {
        let limits = MachineLimits(processorCount: 8, memoryInformation: information)
        #expect(limits.coreCount == 8)
        #expect(limits.availableMemory == 2_048_000_000)
    }

    @Test(arguments: [
        ("max 100000\n", 8), ("200000 100000\n", 2), ("150000 100000", 2), ("10000 100000", 1), ("1600000 100000", 8),
        ("", 8), ("many", 8), ("-1 -1", 8), ("nan nan", 8), ("1e300 1", 8), ("5 0", 8),
    ])
    func `a quota of processor time counts in whole cores`(quota: String, cores: Int) {
        #expect(MachineLimits(processorCount: 8, processorQuota: quota).coreCount == cores)
    }

    @Test func `a container's memory counts where it is less`() {
        let limits = { (limit: String) in
            MachineLimits(
                processorCount: 1,
                memoryInformation: information,
                memoryGroups: MemoryGroups(groups: [.init(limit: limit, inUse: "1000\n"), .init()])
            ).availableMemory
        }
        #expect(limits("max\n") == 2_048_000_000)
        #expect(limits("5000\n") == 4_000)
        #expect(limits("500\n") == 0)
        #expect(limits("9000000000\n") == 2_048_000_000)
    }

    @Test func `the tightest of the groups around the process counts`() {
        let groups = MemoryGroups(groups: [
            .init(limit: "9000", inUse: "1000"), .init(limit: "8000", inUse: "7000"),
            .init(limit: "max", inUse: "7000"),
        ])
        #expect(groups.availableMemory == 1_000)
        #expect(MemoryGroups(groups: [.init(limit: "max")]).availableMemory == nil)
    }

    @Test func `pages of files are no memory in use`() {
        let available = { (statistics: String) in
            MemoryGroups(groups: [.init(limit: "10000", inUse: "9000", statistics: statistics)]).availableMemory
        }
        #expect(available("anon 5000\nfile 4000\ninactive_file 3000\nactive_file 1000\n") == 5_000)
        #expect(available("inactive_file 1\nactive_file 1\ntotal_inactive_file 500\ntotal_active_file 500\n") == 2_000)
        #expect(available("inactive_file many\nactive_file\n") == 1_000)
    }

    @Test(arguments: [
        ("unlimited", "unlimited", nil), ("1073741824", "unlimited", 508), ("unlimited", "1073741824", 828),
        ("1073741824", "1073741824", 508), ("268435456", "unlimited", 0), ("none", "", nil),
    ])
    func `the process's own limits count`(address: String, data: String, mebibytes: Int?) {
        let limits = ProcessLimits(
            limits: """
                Limit                     Soft Limit           Hard Limit           Units
                Max data size             \(data)            unlimited            bytes
                Max address space         \(address)           unlimited            bytes

                """,
            status: "Name:\tponder\nVmSize:\t  135168 kB\nVmData:\t  102400 kB\n")
        #expect(limits.availableMemory == mebibytes.map { $0 << 20 })
        #expect(ProcessLimits().availableMemory == nil)
    }

    @Test func `a group's parents are groups around the process`() {
        let names = "12:cpu,cpuacct:/other\n4:memory:/service/one\n0::/unified/a/b\n"
        #expect(MemoryGroups.paths(in: names, controller: "memory") == ["/service/one", "/service", ""])
        #expect(MemoryGroups.paths(in: names, controller: "") == ["/unified/a/b", "/unified/a", "/unified", ""])
        #expect(MemoryGroups.paths(in: "0::/\n", controller: "") == [""])
        #expect(MemoryGroups.paths(in: "no groups", controller: "memory").isEmpty)
    }

    @Test func `a system that says nothing leaves the memory unknown`() {
        #expect(MachineLimits(processorCount: 0).availableMemory == nil)
        #expect(MachineLimits(processorCount: 0).coreCount == 1)
    }

    @Test func `this machine has a core and some memory`() {
        let limits = MachineLimits.current()
        #expect(limits.coreCount >= 1)
        #expect(limits.availableMemory.map { $0 > 0 } == true)
    }
}
