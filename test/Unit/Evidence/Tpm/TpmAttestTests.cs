using System.Globalization;
using System.Text.Json.Nodes;
using Nacre.Evidence.Tpm;
using Nacre.Formats;

namespace Nacre.UnitTests.Evidence.Tpm;

[Trait("Group", "Tpm")]
public sealed class TpmAttestTests
{
    private const string Genuine = "generated/rsassa_sha256_all.msg";

    [Fact]
    public void Reads_every_vector_as_its_manifest_says()
    {
        var count = 0;
        foreach (var (file, expected) in TpmVectors.Attests())
        {
            var attest = TpmAttest.Parse(TpmVectors.Read(file));

            Assert.Equal((string)expected["extra_data"]!, Hex(attest.ExtraData));
            Assert.Equal((string)expected["qualified_signer"]!, Hex(attest.QualifiedSigner));
            Assert.Equal((string)expected["pcr_digest"]!, Hex(attest.PcrDigest));
            Assert.Equal((ulong)expected["clock"]!, attest.Clock);
            Assert.Equal((uint)expected["reset_count"]!, attest.ResetCount);
            Assert.Equal((uint)expected["restart_count"]!, attest.RestartCount);
            Assert.Equal((int)expected["safe"]! == 1, attest.ClockSafe);
            Assert.Equal((string)expected["firmware"]!, attest.FirmwareVersion.ToString("x16", CultureInfo.InvariantCulture));
            Assert.Equal(Selection(expected), attest.Selection);
            count++;
        }

        Assert.True(count >= 5, $"only {count} vectors were read");
    }

    [Fact]
    public void Refuses_every_truncation_and_a_trailing_byte()
    {
        var genuine = TpmVectors.Read(Genuine);
        for (var length = 0; length < genuine.Length; length++)
            Assert.Throws<MalformedDataException>(() => TpmAttest.Parse(genuine.AsMemory(0, length)));

        Assert.Equal("(end)", Assert.Throws<MalformedDataException>(() => TpmAttest.Parse((byte[])[.. genuine, 0])).Field);
    }

    [Theory]
    [InlineData(0, 0x00, "magic")]
    [InlineData(5, 0x17, "type")]
    [InlineData(6, 0x01, "qualified_signer")]
    [InlineData(42, 0x40, "extra_data")]
    [InlineData(92, 0x02, "safe")]
    [InlineData(101, 0x01, "pcr_select.count")]
    [InlineData(107, 0x00, "pcr_select.size")]
    [InlineData(107, 0x05, "pcr_select.size")]
    [InlineData(112, 0x21, "pcr_digest")]
    public void Names_the_field_that_is_wrong(int offset, byte value, string field)
    {
        var changed = TpmVectors.Read(Genuine);
        changed[offset] = value;

        Assert.Equal(field, Assert.Throws<MalformedDataException>(() => TpmAttest.Parse(changed)).Field);
    }

    [Fact]
    public void Any_changed_byte_gives_a_value_or_a_malformed_data_error()
    {
        var genuine = TpmVectors.Read(Genuine);
        var refused = 0;
        for (var i = 0; i < genuine.Length * 256; i++)
        {
            var changed = genuine.ToArray();
            changed[i / 256] = (byte)i;
            try
            {
                TpmAttest.Parse(changed);
            }
            catch (MalformedDataException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 2000, genuine.Length * 256);
    }

    [Fact]
    public void A_parse_copies_nothing()
    {
        var raw = TpmVectors.Read(Genuine);
        TpmAttest.Parse(raw);
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var i = 0; i < 100; i++)
            TpmAttest.Parse(raw);

        // The record and its list of selections, nothing in proportion to the input.
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 100, 1, 320);
    }

    private static List<TpmPcrSelection> Selection(JsonNode expected)
    {
        var list = new List<TpmPcrSelection>();
        foreach (var bank in expected["pcr_selection"]!.AsArray())
        {
            var mask = bank![1]!.AsArray().Aggregate(0u, (sum, pcr) => sum | 1u << (int)pcr!);
            list.Add(new(Convert.ToUInt16((string)bank[0]!, 16), mask));
        }

        return list;
    }

    private static string Hex(ReadOnlyMemory<byte> bytes) => Convert.ToHexStringLower(bytes.Span);
}
