namespace Nacre.ConformanceTests.Evidence;

/// <summary>Puts the vectors of one folder to the code and asserts what the manifest says of them.</summary>
internal interface IVectorSubject
{
    /// <summary>Name of the folder.</summary>
    string Tee { get; }

    ValueTask CheckFileAsync(VectorEntry file);

    ValueTask CheckCaseAsync(VectorEntry @case);
}

internal static class VectorSubjects
{
    public static IReadOnlyList<IVectorSubject> All { get; } =
    [
        new AzureSnpVectors(),
        new AzureTdxVectors(),
        new CcaVectors(),
        new CsvVectors(),
        new DcapCollateralVectors(),
        new DcapVectors("sgx"),
        new DcapVectors("tdx"),
        new EventLogVectors(),
        new NitroVectors(),
        new NvidiaVectors(),
        new SampleVectors(),
        new SeVectors(),
        new SevVectors(),
        new SnpVectors(),
        new SupplyChainVectors(),
        new TpmVectors(),
    ];
}
