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
                memoryLimit: limit,
                memoryInUse: "1000\n"
            ).availableMemory
        }
        #expect(limits("max\n") == 2_048_000_000)
        #expect(limits("5000\n") == 4_000)
        #expect(limits("500\n") == 0)
        #expect(limits("9000000000\n") == 2_048_000_000)
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
