using Nacre.ConformanceTests.Evidence;
using Nacre.Evidence.Cca;
using Nacre.Evidence.Csv;
using Nacre.Evidence.Nitro;
using Nacre.Evidence.Sgx;
using Nacre.Evidence.Snp;
using Nacre.Evidence.Tdx;
using Nacre.Evidence.Tpm;
using Nacre.Formats;
using Nacre.Formats.Cose;
using Nacre.Formats.EventLogs;
using Nacre.Formats.X509;
using Nacre.Verifiers;

namespace Nacre.ConformanceTests.Fuzz;

/// <summary>Mutated evidence: every parser ends in its own exception, and every verifier in a verdict.</summary>
[Trait("Group", "EvidenceFuzz")]
public sealed class EvidenceFuzzTests
{
    private static readonly DateTimeOffset s_at = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly IReadOnlyList<IEvidenceVerifier> s_verifiers = VerifierList.Create(new() { AllowSampleEvidence = true });

    [Fact]
    public void Quotes() => Run("quote", ["sgx", "tdx"], bytes =>
    {
        Try(() => SgxEvidence.ParseQuote(bytes));
        Try(() => TdxEvidence.ParseQuote(bytes));
    });

    [Fact]
    public void Reports_of_SEV_SNP() => Run("snp report", ["snp"], bytes =>
    {
        Try(() => SnpReport.Parse(bytes));
        Try(() => SnpCertificateTable.Parse(bytes));
    });

    [Fact]
    public void Attestations_of_TPMs() => Run("tpm", ["tpm"], bytes =>
    {
        Try(() => TpmAttest.Parse(bytes));
        Try(() => TpmSignature.Parse(bytes));
        Try(() => TpmPublic.Parse(bytes));
    });

    [Fact]
    public void Event_logs() => Run("event log", ["eventlog"], bytes => Try(() => TcgEventLog.Parse(bytes)));

    [Fact]
    public void Certificates_and_revocation_lists() => Run("x509", ["dcap-collateral", "snp", "nvidia"], bytes =>
    {
        Try(() => Certificate.Parse(bytes));
        Try(() => CertificateRevocationList.Parse(bytes));
        Try(() => PemCertificates.Parse(System.Text.Encoding.Latin1.GetString(bytes)));
    });

    [Fact]
    public void Cbor() => Run("cbor", ["cca", "nitro"], bytes =>
    {
        Try(() => CcaToken.Parse(bytes));
        Try(() => NitroDocument.Parse(bytes));
        Try(() => CoseSign1.Parse("fuzz", bytes, bytes.Length));
    });

    [Fact]
    public void Reports_of_CSV() => Run("csv", ["csv"], bytes =>
    {
        Try(() => CsvReport.Parse(bytes, isExtended: bytes.Length % 2 == 0));
        Try(() => HygonChain.Parse(bytes));
    });

    [Fact]
    public void Json_of_every_TEE() => Run("json evidence", ["az-snp-vtpm", "az-tdx-vtpm", "cca", "csv", "nvidia", "sample", "se", "sgx", "snp", "tdx", "tpm"], bytes =>
    {
        foreach (var verifier in s_verifiers)
        {
            var verdict = verifier.VerifyAsync(new() { Evidence = bytes, At = s_at }, default);
            Assert.True(verdict.IsCompletedSuccessfully, "a verifier waits for something although it was given no collateral, or has thrown");
        }
    }, isWanted: bytes => bytes[0] == (byte)'{');

    private static void Run(string name, string[] folders, Action<byte[]> run, Func<byte[], bool>? isWanted = null) =>
        Fuzzer.Run(name, Corpus(folders, isWanted ?? (_ => true)), [], run);

    private static List<byte[]> Corpus(string[] folders, Func<byte[], bool> isWanted)
    {
        var root = VectorFolder.Find();
        Assert.SkipWhen(root is null && Environment.GetEnvironmentVariable("CI") is null, "there are no vectors to begin with: set NACRE_SHARED");
        Assert.True(root is not null, "there are no vectors to begin with");
        return
        [
            .. folders.SelectMany(folder => Directory.EnumerateFiles(Path.Combine(root, folder), "*", SearchOption.AllDirectories))
                .Where(file => Path.GetFileName(file) != "MANIFEST.json").Order(StringComparer.Ordinal)
                .Select(File.ReadAllBytes).Where(bytes => bytes.Length is > 0 and < 65_536 && isWanted(bytes)),
        ];
    }

    private static void Try(Action parse)
    {
        try
        {
            parse();
        }
        catch (MalformedDataException error)
        {
            Assert.NotEmpty(error.Rule);
        }
    }
}
