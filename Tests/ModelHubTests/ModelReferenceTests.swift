import TestSupport
import Testing

@testable import ModelHub

@Suite struct ModelReferenceTests {
    @Test(arguments: [
        ("Qwen/Qwen3-0.6B", "Qwen/Qwen3-0.6B"), ("hf:Qwen/Qwen3-0.6B", "Qwen/Qwen3-0.6B"),
        ("hf.co/Qwen/Qwen3-8B-GGUF:Q8_0", "Qwen/Qwen3-8B-GGUF:Q8_0"),
        ("https://huggingface.co/Qwen/Qwen3-0.6B", "Qwen/Qwen3-0.6B"),
        ("Qwen/Qwen3-0.6B@v1.0", "Qwen/Qwen3-0.6B@v1.0"), ("a/b@refs/pr/1:q4_0", "a/b@refs/pr/1:q4_0"),
        ("a/b:latest", "a/b"), ("a/b:dir/model.gguf", "a/b:dir/model.gguf"),
        ("modelscope:Qwen/Qwen3-8B@v1", "modelscope:Qwen/Qwen3-8B@v1"),
        ("ms:Qwen/Qwen3-8B", "modelscope:Qwen/Qwen3-8B"),
        ("https://www.modelscope.cn/models/Qwen/Qwen3-8B", "modelscope:Qwen/Qwen3-8B"),
        ("qwen3:0.6b", "Qwen/Qwen3-0.6B-GGUF"), ("qwen3", "Qwen/Qwen3-8B-GGUF"), ("Qwen3:latest", "Qwen/Qwen3-8B-GGUF"),
        ("qwen3:235b-a22b", "Qwen/Qwen3-235B-A22B-GGUF"), ("qwen3:8b-q4_K_M", "Qwen/Qwen3-8B-GGUF:q4_k_m"),
        ("qwen3:30b-a3b-fp16", "Qwen/Qwen3-30B-A3B-GGUF:fp16"),
        ("qwen3:4b-instruct-2507-q8_0", "unsloth/Qwen3-4B-Instruct-2507-GGUF:q8_0"),
        ("qwen3-embedding:0.6b", "Qwen/Qwen3-Embedding-0.6B-GGUF"),
    ])
    func `a name says hub, repository, revision and variant`(text: String, canonical: String) throws {
        let reference = try ModelReference(text)
        #expect(reference.canonical == canonical)
        #expect(try ModelReference(canonical).canonical == canonical)
    }

    @Test func `clients call a model by its repository or its tag`() throws {
        #expect(try ModelReference("modelscope:Qwen/Qwen3-8B@v1").servedName == "Qwen/Qwen3-8B")
        #expect(try ModelReference("hf.co/a/b:q8_0").servedName == "a/b:q8_0")
        #expect(try ModelReference("qwen3:0.6b").servedName == "qwen3:0.6b")
        #expect(try ModelReference("a/b", hub: .modelScope).canonical == "modelscope:a/b")
    }

    @Test func `all tags are names`() throws {
        for tag in ModelTag.all {
            #expect(ModelReference.isRepository(try ModelReference(tag).repository), "\(tag)")
            #expect(try ModelReference("\(tag)-q4_K_M").variant == "q4_k_m", "\(tag)")
        }
    }

    @Test(arguments: [
        "", "qwen3:7b", "llama3", "a", "a/b/c", "a/", "/b", "../b", "a/..", "a/b@", "a/b:", "a/b@..", "a/b@a/../b",
        "a/b:..", "a/b:../x.gguf", "a/b:/x.gguf", "a/b c", "a/b\n", "a/b@-x", "a--b/c", "hf:qwen3", "-a/b", "a/b?x=y",
        "a/b#c", "a/%2e%2e", "http://evil/a/b",
    ])
    func `what is no name is refused`(text: String) {
        #expect(throws: HubError.self) { try ModelReference(text) }
    }

    @Test func `no text leads out of a folder or into a header field`() throws {
        var random = SeededGenerator(seed: 11)
        let alphabet = Array("aB0.-_/@:%?#\\ \n\u{0}é~q4k8mgufQwen3hfmsco")
        var readable = 0
        for _ in 0..<20_000 {
            let text = String(
                (0..<Int.random(in: 0...24, using: &random)).compactMap { _ in alphabet.randomElement(using: &random) })
            guard let reference = try? ModelReference(text) else { continue }
            readable += 1
            for part in [reference.repository, reference.revision, reference.variant].compactMap(\.self) {
                #expect(part.utf8.allSatisfy { 0x21...0x7E ~= $0 }, "\(text.debugDescription)")
                #expect(
                    !part.split(separator: "/", omittingEmptySubsequences: false).contains {
                        ["", ".", ".."].contains($0)
                    })
            }
            #expect(try ModelReference(reference.canonical).canonical == reference.canonical)
        }
        #expect(readable > 20)
    }
}

@Suite struct QuantizationTests {
    @Test(
        arguments: [
            ("Qwen3-8B-Q4_K_M.gguf", "Q4_K_M"), ("q8_0/Qwen3-235B-A22B-q8_0-00001-of-00005.gguf", "Q8_0"),
            ("Qwen3-30B-A3B-UD-Q4_K_XL.gguf", "UD-Q4_K_XL"), ("qwen3-0.6b-fp16.gguf", "F16"),
            ("Qwen3-8B.BF16.gguf", "BF16"),
            ("Qwen3-8B-IQ4_XS.gguf", "IQ4_XS"), ("model.gguf", nil), ("Qwen3-8B.gguf", nil),
        ] as [(String, String?)])
    func `a file's name tells how its weights are stored`(file: String, name: String?) {
        #expect(Quantization(file: file)?.description == name)
    }

    @Test func `the usual compromise is taken where nobody says`() {
        let names = ["F16", "Q8_0", "IQ1_S", "Q4_K_M", "Q5_K_M"].compactMap { Quantization($0) }
        #expect(
            names.sorted(by: Quantization.precedes).map(\.description) == ["Q4_K_M", "Q5_K_M", "Q8_0", "F16", "IQ1_S"])
    }
}

@Suite struct ModelFilesTests {
    private static let repository = [
        "README.md", ".gitattributes", "LICENSE", "config.json", "model.safetensors.index.json", "tokenizer.json",
        "merges.txt",
        "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "consolidated.safetensors",
        "figures/a.png", "1_Pooling/config.json", "onnx/config.json", "Q4_K_M/m-Q4_K_M-00001-of-00002.gguf",
        "Q4_K_M/m-Q4_K_M-00002-of-00002.gguf", "m-Q8_0.gguf", "mmproj-F16.gguf", "UD/m-UD-Q2_K_XL-00001-of-00003.gguf",
    ]

    @Test func `models are told apart, and each has what belongs to it`() throws {
        let models = ModelFiles.models(in: Self.repository.shuffled())
        #expect(models.map(\.variant) == [nil, "Q4_K_M", "Q8_0", "UD-Q2_K_XL"])
        #expect(models.map(\.isComplete) == [true, true, true, false])
        #expect(models[0].weights == ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"])
        #expect(
            models[0].companions == [
                "1_Pooling/config.json", "LICENSE", "README.md", "config.json", "merges.txt",
                "model.safetensors.index.json", "tokenizer.json",
            ])
        #expect(
            models[1].weights.map(RepositoryPath.lastPart) == [
                "m-Q4_K_M-00001-of-00002.gguf", "m-Q4_K_M-00002-of-00002.gguf",
            ])
        #expect(models[1].companions == ["LICENSE", "README.md"])
    }

    @Test(
        arguments: [
            (nil, nil), ("q4_k_m", "Q4_K_M"), ("Q8_0", "Q8_0"), ("m-Q8_0.gguf", "Q8_0"), ("q2_k_xl", "UD-Q2_K_XL"),
            ("Q4_K_M/m-Q4_K_M-00002-of-00002.gguf", "Q4_K_M"),
        ] as [(String?, String?)])
    func `one is picked`(asked: String?, variant: String?) throws {
        let picked = ModelFiles.pick(asked, among: ModelFiles.models(in: Self.repository))
        #expect(try #require(picked).variant == variant)
    }

    @Test func `two of one quantisation are told apart by their files`() {
        let models = ModelFiles.models(in: ["a-Q8_0.gguf", "b/b-Q8_0.gguf", "c-F16.gguf"])
        #expect(models.map(\.variant) == ["a-Q8_0.gguf", "b/b-Q8_0.gguf", "F16"])
        for model in models { #expect(ModelFiles.pick(model.variant, among: models) == model) }
        #expect(ModelFiles.pick("q8_0", among: models) == nil)
    }

    @Test func `none is picked where none is meant`() {
        let models = ModelFiles.models(in: Self.repository)
        for asked in ["q5_0", "x.gguf", "latest", "m-Q8_0"] {
            #expect(ModelFiles.pick(asked, among: models) == nil)
        }
        #expect(ModelFiles.models(in: ["README.md", "model.safetensors"]).isEmpty)
    }
}

@Suite struct RepositoryPathTests {
    @Test(arguments: ["a", "a/b.json", "ü/ x", "..a", "a..b/c", ".hidden"])
    func `plain names are safe`(path: String) {
        #expect(RepositoryPath.isSafe(path))
    }

    @Test(arguments: [
        "", "/a", "a/", "a//b", "..", "a/../b", "./a", "a/.", "a\\b", "a\u{0}b", "a\nb",
        String(repeating: "a", count: 256),
        Array(repeating: "a", count: 17).joined(separator: "/"),
    ])
    func `names that may lead anywhere are not`(path: String) {
        #expect(!RepositoryPath.isSafe(path))
    }

    @Test func `what a URL has no place for is escaped`() {
        #expect(RepositoryPath.escaped("a b/ü?#&%.json") == "a%20b/%C3%BC%3F%23%26%25.json")
        #expect(RepositoryPath.escaped("refs/pr/1", keeps: "-_.~") == "refs%2Fpr%2F1")
    }
}
