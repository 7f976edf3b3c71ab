using Nacre.Verifiers.Azure;
using Nacre.Verifiers.Cca;
using Nacre.Verifiers.Csv;
using Nacre.Verifiers.Dcap;
using Nacre.Verifiers.HygonDcu;
using Nacre.Verifiers.Nitro;
using Nacre.Verifiers.Nvidia;
using Nacre.Verifiers.Sample;
using Nacre.Verifiers.Se;
using Nacre.Verifiers.Sgx;
using Nacre.Verifiers.Snp;
using Nacre.Verifiers.Tdx;
using Nacre.Verifiers.Tpm;

namespace Nacre.Verifiers;

/// <summary>Every verifier of this build, in the order of <see cref="Evidence.TeeNames.All"/>.</summary>
public static class VerifierList
{
    public static IReadOnlyList<IEvidenceVerifier> Create(VerifierListOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);

        var verifiers = new List<IEvidenceVerifier>
        {
            new AzSnpVtpmVerifier(options.Snp),
            new AzTdxVtpmVerifier(options.Dcap),
            new TdxVerifier(options.Dcap),
            new SgxVerifier(options.Dcap),
            new SnpVerifier(options.Snp),
            new CcaVerifier(options.Cca),
            new CsvVerifier(options.Csv),
            new HygonDcuVerifier(options.Csv),
            new TpmVerifier(),
            new NitroVerifier(options.Nitro),
            new SeVerifier(options.Se),
            new NvidiaVerifier(options.Nvidia),
        };
        if (options.AllowSampleEvidence)
            verifiers.AddRange([new SampleVerifier(), new SampleDeviceVerifier()]);

        return verifiers;
    }
}

public sealed record VerifierListOptions
{
    /// <summary>Believe evidence that anyone can write. Development only.</summary>
    public bool AllowSampleEvidence { get; init; }

    public SnpOptions Snp { get; init; } = new();

    public CcaOptions Cca { get; init; } = new();

    /// <summary>For Hygon's CSV and its accelerators.</summary>
    public CsvOptions Csv { get; init; } = new();

    public NitroOptions Nitro { get; init; } = new();

    public SeOptions Se { get; init; } = new();

    public NvidiaOptions Nvidia { get; init; } = new();

    /// <summary>For SGX, TDX and Azure on TDX.</summary>
    public DcapOptions Dcap { get; init; } = new();
}
