import Compute
import Testing

@testable import ponder

@Suite struct MachineExaminationTests {
    private func finding(
        _ name: String, kernels: InstructionSet = .avx512BF16, change: (inout MachineFacts) -> Void = { _ in }
    ) -> MachineFinding? {
        var facts = MachineFacts()
        change(&facts)
        return MachineExamination(facts: facts, kernels: kernels, probe: nil).findings.first { $0.name == name }
    }

    @Test func `the processor's features are those that kernels ask for`() {
        let text = "model name\t: Some CPU\nflags\t\t: fpu sse avx2 fma f16c avx512f hypervisor\n"
        #expect(finding("features") { $0.processors = text }?.value == "f16c fma avx2 avx512f")
        #expect(finding("processor") { $0.processors = text }?.value == "Some CPU")
        #expect(MachineExamination.features(in: "Features\t: fp asimd asimddp i8mm\n") == ["asimddp", "i8mm"])
    }

    @Test func `some lines can be picked, by name or by group`() throws {
        let examination = MachineExamination(facts: MachineFacts(), kernels: .avx2, probe: nil)
        #expect(try examination.findings(only: []) == examination.findings)
        #expect(try examination.findings(only: ["cores", "memory-limit"]).map(\.name) == ["cores", "memory limit"])
        #expect(try examination.findings(only: ["memory", "cores"]).map(\.name).first == "cores")
        #expect(try examination.findings(only: ["speed"]).isEmpty)
        let error = #expect(throws: SettingsError.self) { try examination.findings(only: ["stream"]) }
        #expect(error?.description.contains("huge-pages") == true)
    }

    @Test func `kernels that are none are warned of`() {
        #expect(finding("kernels", kernels: .portable)?.verdict == .warning)
        #expect(finding("kernels", kernels: .avx2)?.verdict == .fine)
    }

    @Test func `a limit below the machine is told`() {
        let limited = finding("cores") {
            $0.processorCount = 8
            $0.limits = MachineLimits(processorCount: 2)
        }
        #expect(limited?.value == "2 of 8" && limited?.verdict == .note)
        let memory = "MemTotal: 1000000 kB\nMemAvailable: 900000 kB\n"
        let group = finding("memory limit") {
            $0.memory = memory
            $0.groupMemory = 512 << 20
        }
        #expect(group?.value == "512 MiB left")
        let unlimited = finding("memory limit") {
            $0.memory = memory
            $0.groupMemory = .max
        }
        #expect(unlimited?.value == "none")
    }

    @Test(arguments: [
        ("SkylakeX", InstructionSet.avx512BF16, MachineFinding.Verdict.warning), ("Haswell", .avx512, .warning),
        ("Haswell", .avx2, .note), ("Cooperlake", .avx512BF16, .note), ("Unheard", .avx512, .note),
    ])
    func `a core type that makes OpenBLAS slower is warned of`(
        core: String, kernels: InstructionSet, verdict: MachineFinding.Verdict
    ) {
        let found = finding("OpenBLAS", kernels: kernels) {
            $0.openBLAS = OpenBLASCore(name: core)
            $0.openBLASCoreType = core
        }
        #expect(found?.verdict == verdict)
        #expect(finding("OpenBLAS", kernels: kernels) { $0.openBLAS = OpenBLASCore(name: core) }?.verdict == .fine)
    }

    @Test func `what to mend is said`() {
        #expect(finding("huge pages") { $0.hugePages = "always madvise [never]" }?.verdict == .warning)
        #expect(finding("clock") { $0.clockSource = "hpet" }?.verdict == .warning)
        #expect(finding("clock") { $0.clockSource = "tsc" }?.verdict == .fine)
        #expect(
            finding("descriptors") { $0.descriptorLimits = ResourceLimit(soft: 256, hard: 1_024) }?.verdict == .warning)
        #expect(
            finding("descriptors") { $0.descriptorLimits = ResourceLimit() }?.value == "unlimited, at most unlimited")
        #expect(
            finding("model store") { $0.store = FolderRoom(folder: "/x", freeByteCount: 1 << 30) }?.verdict == .warning)
        #expect(finding("load") { $0.load = "9.1 4.0 3.0 1/2 3" }?.verdict == .warning)
        #expect(finding("NUMA nodes") { $0.nodes = "0-1" }?.verdict == .note)
        #expect(finding("NUMA nodes") { $0.nodes = "0" } == nil)
    }

    @Test func `this machine is examined without a warning of something that is missing`() {
        let facts = MachineFacts.current(environment: [:], storeFolder: "/nowhere/at/all")
        #expect(facts.store != nil && facts.descriptorLimits?.soft != nil)
        #expect(facts.libraries.openSSL.hasPrefix("OpenSSL") && !facts.libraries.zlib.isEmpty)
        let findings = MachineExamination(facts: facts, kernels: CPUFeatures.current.instructionSet, probe: nil)
            .findings
        #expect(!findings.contains { $0.value.isEmpty })
    }
}
