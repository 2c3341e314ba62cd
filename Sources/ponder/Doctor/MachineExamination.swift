import Compute

/// What a machine is good for, from facts and measurements: pure, so that tests need no other machine.
struct MachineExamination {
    let facts: MachineFacts
    /// The kernels that would serve.
    let kernels: InstructionSet
    /// nil where nothing was measured.
    let probe: MachineProbe?

    var findings: [MachineFinding] { MachineGroup.allCases.flatMap(findings(of:)) }

    func findings(of group: MachineGroup) -> [MachineFinding] {
        switch group {
        case .processor: processor
        case .memory: memory
        case .speed: measurements
        case .limits: limits
        case .system: system
        }
    }

    /// The findings of these groups, and those of these names, spelled as `read-bandwidth`.
    ///
    /// - Throws: Where a word stands for none.
    func findings(only words: [String]) throws(SettingsError) -> [MachineFinding] {
        guard !words.isEmpty else { return findings }
        var wanted: Set<String> = []
        for word in words {
            let group = MachineGroup(rawValue: word)
            let found = group.map(findings(of:)) ?? findings.filter { $0.id == word }
            guard group != nil || !found.isEmpty else {
                let groups = MachineGroup.allCases.map(\.rawValue)
                let names = groups + findings.map(\.id).filter { !groups.contains($0) }
                throw SettingsError(
                    place: "--only", value: word,
                    expectation:
                        "with --url a group of its checks, and of this machine one of \(names.joined(separator: ", "))")
            }
            wanted.formUnion(found.map(\.id))
        }
        return findings.filter { wanted.contains($0.id) }
    }
}

/// What findings of a machine are about.
enum MachineGroup: String, CaseIterable, Sendable {
    case processor, memory, speed, limits, system
}

extension MachineExamination {
    private var processor: [MachineFinding] {
        let features = Self.features(in: facts.processors ?? "")
        let isX86 = features.contains { $0.hasPrefix("avx") || $0 == "fma" || $0 == "f16c" }
        let isSlow = kernels == .portable
        let cores = facts.limits.coreCount
        var coreFinding = MachineFinding(name: "cores", value: "\(cores) of \(facts.processorCount)")
        if cores < facts.processorCount {
            coreFinding.verdict = .note
            coreFinding.advice = "a control group or an affinity allows no more; --threads follows it"
        }
        let advice =
            isX86
            ? "no AVX2 with FMA and F16C: prompts and replies are many times slower"
            : "no dot products of bytes: prompts and replies are many times slower"
        return [
            MachineFinding(
                name: "processor", value: Self.model(in: facts.processors ?? "") ?? "unknown", verdict: .note),
            MachineFinding(
                name: "features", value: features.isEmpty ? "none that kernels use" : features.joined(separator: " "),
                verdict: .note),
            MachineFinding(
                name: "kernels", value: "\(kernels)", verdict: isSlow ? .warning : .fine, advice: isSlow ? advice : nil),
            coreFinding,
        ]
    }

    /// What the kernels ask for, in the kernel's words, as far as it is there.
    static func features(in processors: String) -> [String] {
        let wanted = [
            "f16c", "fma", "avx", "avx2", "avx_vnni", "avx512f", "avx512bw", "avx512vl", "avx512dq", "avx512_vnni",
            "avx512_bf16", "amx_int8", "amx_bf16", "asimddp", "i8mm", "bf16",
        ]
        let lines = processors.split(separator: "\n").first { $0.hasPrefix("flags") || $0.hasPrefix("Features") }
        let words = Set((lines ?? "").split(whereSeparator: \.isWhitespace).map(String.init))
        return wanted.filter(words.contains)
    }

    private static func model(in processors: String) -> String? {
        for key in ["model name", "Model", "CPU part"] {
            let line = processors.split(separator: "\n").first { $0.hasPrefix(key) }
            if let value = line?.split(separator: ":", maxSplits: 1).last?.drop(while: { $0 == " " }), !value.isEmpty {
                return String(value)
            }
        }
        return nil
    }

    private var memory: [MachineFinding] {
        let total = Self.kilobytes("MemTotal:", in: facts.memory).map { $0 * 1_024 }
        let available = facts.limits.availableMemory
        var room = MachineFinding(
            name: "memory",
            value: "\(available.map { "\(ByteCount($0))" } ?? "unknown") available of "
                + "\(total.map { "\(ByteCount($0))" } ?? "unknown")")
        if let available, available < 1 << 30 {
            room.verdict = .warning
            room.advice = "little room for a model; `ponder serve MODEL --dry-run` tells what one needs"
        }
        // The first version of control groups says "no limit" by a number beyond all memory.
        let limit = facts.groupMemory.flatMap { $0 < total ?? .max ? $0 : nil }
        let group = MachineFinding(
            name: "memory limit", value: limit.map { "\(ByteCount($0)) left" } ?? "none",
            verdict: limit == nil ? .fine : .note,
            advice: limit == nil ? nil : "a control group's; the KV cache is sized by it")
        var pages = MachineFinding(name: "huge pages", value: facts.hugePages ?? "unknown")
        if facts.hugePages?.contains("[never]") == true {
            pages.verdict = .warning
            pages.advice =
                "write madvise to /sys/kernel/mm/transparent_hugepage/enabled: weights and cache ask for them"
        }
        return [room, group, pages]
    }

    private static func kilobytes(_ key: String, in text: String?) -> Int? {
        let line = text?.split(separator: "\n").first { $0.hasPrefix(key) }
        return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
    }

    private var measurements: [MachineFinding] {
        guard let probe else { return [] }
        func billions(_ rate: Double) -> String { "\((rate / 1e8).rounded() / 10)" }
        let reading = probe.readBytesPerSecond
        var bandwidth = MachineFinding(
            name: "read bandwidth", value: "\(billions(reading)) GB/s",
            advice: "a dense model of 1 GB writes at most \(Int((reading / 1e9).rounded())) tokens/s, alone")
        if reading < 5e9 {
            bandwidth.verdict = .warning
            bandwidth.advice = "slow, or busy with others: replies are bound by it"
        }
        return [
            bandwidth,
            MachineFinding(
                name: "int8 peak", value: "\(billions(probe.integerOperationsPerSecond)) Gop/s", verdict: .note,
                advice: "bounds how fast prompts are read with quantized weights"),
            MachineFinding(
                name: "float peak", value: "\(billions(probe.floatOperationsPerSecond)) Gop/s", verdict: .note),
        ]
    }
}
