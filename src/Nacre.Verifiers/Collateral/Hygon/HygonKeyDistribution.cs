using Nacre.Evidence.Csv;
using Nacre.Formats;
using Nacre.Verifiers.Csv;

namespace Nacre.Verifiers.Collateral.Hygon;

/// <summary>Hygon's certificate service (evidence.md 11.2). What it answers is not trusted: the verifier checks every signature.</summary>
/// <param name="http">Asks.</param>
/// <param name="service">Another than Hygon's own; null for that.</param>
public sealed class HygonKeyDistribution(CollateralHttp http, Uri? service = null) : IHygonCollateral
{
    public static readonly Uri DefaultService = new("https://cert.hygon.cn");

    private const int MaxSerialNumber = 64;

    private readonly Uri _service = service ?? DefaultService;

    public async ValueTask<HygonChain?> FindChainAsync(string serialNumber, CancellationToken cancel)
    {
        if (!IsSerialNumber(serialNumber))
            return null;

        var url = new Uri(_service, $"hsk_cek?snumber={serialNumber}");
        if (await http.GetAsync(url, "HSK and CEK", HygonChain.Size, cancel) is not { } answer)
            return null;

        try
        {
            return HygonChain.Parse(answer.Body);
        }
        catch (MalformedDataException error)
        {
            throw new CollateralUnavailableException("HSK and CEK", url.ToString(), error.Message, error);
        }
    }

    /// <summary>Letters and digits and nothing else: it comes from evidence that nothing has proved, and goes into paths and addresses.</summary>
    internal static bool IsSerialNumber(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length is > 0 and <= MaxSerialNumber && text.All(char.IsAsciiLetterOrDigit);
    }
}
