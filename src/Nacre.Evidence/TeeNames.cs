namespace Nacre.Evidence;

/// <summary>The names of TEEs on the wire (kbs-types <c>Tee</c>). The only list of them.</summary>
public static class TeeNames
{
    public const string Tdx = "tdx";
    public const string Sgx = "sgx";
    public const string Snp = "snp";
    public const string AzSnpVtpm = "az-snp-vtpm";
    public const string Cca = "cca";
    public const string Csv = "csv";
    public const string AzTdxVtpm = "az-tdx-vtpm";
    public const string Tpm = "tpm";

    /// <summary>Not a name of kbs-types: CoCo runs nothing in Nitro enclaves.</summary>
    public const string Nitro = "nitro";

    public const string Se = "se";
    public const string Nvidia = "nvidia";
    public const string HygonDcu = "hygondcu";
    public const string Sample = "sample";
    public const string SampleDevice = "sampledevice";

    /// <summary>Every name this build knows, in the order of detection. The TEEs that prove nothing come last.</summary>
    public static IReadOnlyList<string> All { get; } =
        [AzSnpVtpm, AzTdxVtpm, Tdx, Sgx, Snp, Se, Cca, Csv, Tpm, Nvidia, HygonDcu, Nitro, Sample, SampleDevice];
}
