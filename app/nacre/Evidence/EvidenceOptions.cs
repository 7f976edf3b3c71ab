using System.CommandLine;
using System.Globalization;
using Nacre.Evidence;
using Nacre.Evidence.Csv;
using Nacre.Verifiers;
using Nacre.Verifiers.Cca;
using Nacre.Verifiers.Collateral.Amd;
using Nacre.Verifiers.Collateral.Hygon;
using Nacre.Verifiers.Collateral.Intel;
using Nacre.Verifiers.Csv;
using Nacre.Verifiers.Dcap;
using Nacre.Verifiers.Nitro;
using Nacre.Verifiers.Nvidia;
using Nacre.Verifiers.Sgx;
using Nacre.Verifiers.Snp;
using Nacre.Verifiers.Tdx;
using Nacre.Verifiers.Tpm;

namespace Nacre.Cli.Evidence;

/// <summary>What is to be expected of evidence, and with what it is judged.</summary>
internal sealed class EvidenceOptions
{
    private readonly Argument<string> _file = new("file") { Description = "CoCo's JSON evidence, or a binary report or quote." };
    private readonly Option<string?> _tee = new("--tee") { Description = "The TEE; found by the content when it is left out." };
    private readonly Option<string?> _collateral = new("--collateral") { Description = "Folder with certificates of AMD or Hygon, or with sets of Intel's collateral." };
    private readonly Option<string?> _at = new("--at") { Description = "The time to judge at, such as 2026-06-01 or 2026-06-01T12:00:00Z; now when left out." };
    private readonly Option<string?> _reportData = new("--report-data") { Description = "The report data to expect, in hexadecimal." };
    private readonly Option<string?> _initData = new("--init-data") { Description = "The digest of the init data to expect, in hexadecimal." };
    private readonly Option<string?> _key = new("--ak") { Description = "PEM file with the attestation key of a TPM that is to be trusted." };

    private readonly Option<string?> _anchors = new("--anchors") { Description = "File with the keys of the CCA platforms that are believed (upstream's ta-store)." };

    private EvidenceOptions()
    {
    }

    public static EvidenceOptions AddTo(Command command)
    {
        var options = new EvidenceOptions();
        command.Arguments.Add(options._file);
        foreach (var option in (Option[])[options._tee, options._collateral, options._at, options._reportData, options._initData, options._key, options._anchors])
            command.Options.Add(option);
        return options;
    }

    public async Task<(EvidenceFile File, Verdict Verdict)> VerifyAsync(ParseResult line, CancellationToken cancel)
    {
        var file = await EvidenceFile.ReadAsync(line.GetRequiredValue(_file), cancel);
        var tee = file.Require(line.GetValue(_tee));
        var at = Time(line.GetValue(_at));
        var folder = line.GetValue(_collateral);
        if (folder is not null && !Directory.Exists(folder))
            throw new CommandException($"there is no folder {folder}");

        var snp = new SnpOptions { Collateral = folder is null ? null : new AmdFileCollateral(folder) };
        var dcap = new DcapOptions { Collateral = folder is null ? null : new DcapFileCollateral(folder, clock: new StoppedClock(at)) };
        var verifiers = new VerifierListOptions
        {
            Snp = snp,
            Dcap = dcap,
            Nvidia = new() { Manifests = folder is null ? null : new NvidiaFileManifests(folder) },
            Csv = new() { Collateral = folder is null ? null : new HygonFileCollateral(folder) },
            Cca = new() { TrustAnchors = await AnchorsAsync(line.GetValue(_anchors), cancel) },
            AllowSampleEvidence = line.GetValue(_tee) is TeeNames.Sample or TeeNames.SampleDevice,
        };
        var submission = new EvidenceSubmission
        {
            Evidence = file.Content,
            At = at,
            ReportData = Hex(line.GetValue(_reportData), "--report-data"),
            InitDataDigest = Hex(line.GetValue(_initData), "--init-data"),
            Endorsement = line.GetValue(_key) is { } pem ? TpmKeyEndorsement.Enrolled(PublicKey(await File.ReadAllTextAsync(pem, cancel))) : null,
        };

        if (!file.IsJson)
        {
            return (file, tee switch
            {
                TeeNames.Snp => await new SnpVerifier(snp).VerifyReportAsync(file.Content, null, submission, cancel),
                TeeNames.Sgx => await new SgxVerifier(dcap).VerifyQuoteAsync(file.Content, submission, cancel),
                TeeNames.Cca => new CcaVerifier(verifiers.Cca).VerifyToken(file.Content, submission),
                TeeNames.Csv => await new CsvVerifier(verifiers.Csv).VerifyReportAsync(
                    file.Content, CsvReport.IsExtended(file.Content), null, submission, cancel),
                TeeNames.Nitro => new NitroVerifier(verifiers.Nitro).VerifyDocument(file.Content, submission),
                TeeNames.Tdx => await new TdxVerifier(dcap).VerifyQuoteAsync(file.Content, null, submission, cancel),
                _ => throw new CommandException($"{file.Name} is binary, and evidence of '{tee}' is JSON", "give the evidence as CoCo's agent writes it"),
            });
        }

        var verifier = VerifierList.Create(verifiers).FirstOrDefault(one => one.Tee == tee)
            ?? throw new CommandException($"there is no verifier for '{tee}'", $"known are {string.Join(", ", TeeNames.All)}; the sample TEE must be named with --tee");
        return (file, await verifier.VerifyAsync(submission, cancel));
    }

    private static async Task<CcaTrustAnchors> AnchorsAsync(string? file, CancellationToken cancel) =>
        file is null ? CcaTrustAnchors.None : CcaTrustAnchors.FromJson(await File.ReadAllBytesAsync(file, cancel));

    private static DateTimeOffset Time(string? text)
    {
        if (text is null)
            return TimeProvider.System.GetUtcNow();

        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? at : throw new CommandException($"--at {text} is no time", "write it as 2026-06-01T12:00:00Z");
    }

    private static byte[]? Hex(string? text, string option)
    {
        try
        {
            return text is null ? null : Convert.FromHexString(text);
        }
        catch (FormatException)
        {
            throw new CommandException($"{option} must be hexadecimal");
        }
    }

    // Collateral is chosen for the time that is judged at.
    private sealed class StoppedClock(DateTimeOffset at) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => at;
    }

    private static byte[] PublicKey(string pem)
    {
        try
        {
            var found = System.Security.Cryptography.PemEncoding.Find(pem);
            return Convert.FromBase64String(pem[found.Base64Data]);
        }
        catch (ArgumentException)
        {
            throw new CommandException("the file of --ak holds no PEM", "give the public key as BEGIN PUBLIC KEY");
        }
    }
}
