using Nacre.Attesters.Tpm;
using Nacre.Evidence.Tpm;
using Nacre.Formats;

namespace Nacre.UnitTests.Attesters;

[Trait("Group", "Tpm")]
public sealed class TpmDeviceTests
{
    [Fact]
    public async Task Frames_a_command_as_the_specification_says()
    {
        var tpm = new ScriptedTpm(ScriptedTpm.AuthorizedAnswer(""));

        await tpm.Device.PcrExtendAsync(16, new byte[32], CancellationToken.None);

        var expected = "8002" + "00000041" + "00000182" + "00000010" + "00000009" + "40000009" + "0000" + "00" + "0000"
            + "00000001" + "000b" + new string('0', 64);
        Assert.Equal(expected, Convert.ToHexStringLower(Assert.Single(tpm.Commands)));
    }

    [Theory]
    [InlineData(0x100u, "startup-clear")]
    [InlineData(0x902u, "tpm2_flushcontext -t")]
    [InlineData(0x09Fu, "another TPM or another key")]
    [InlineData(0x1DFu, "another TPM or another key")]
    [InlineData(0x921u, "locked out")]
    [InlineData(0x98Eu, "has a password")]
    [InlineData(0x7ffu, "refused")]
    public async Task A_refusal_says_which_command_and_what_to_do(uint code, string words)
    {
        var tpm = new ScriptedTpm(ScriptedTpm.Refusal(code));

        var error = await Assert.ThrowsAsync<TpmException>(() => tpm.Device.GetRandomAsync(8, CancellationToken.None).AsTask());

        Assert.Equal((TpmCommandCode.GetRandom, code), (error.Command, error.ResponseCode));
        Assert.Contains("TPM2_GetRandom", error.Message, StringComparison.Ordinal);
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_busy_tpm_is_asked_again()
    {
        var tpm = new ScriptedTpm(ScriptedTpm.Refusal(0x922), ScriptedTpm.Refusal(0x908), ScriptedTpm.Answer("0002abcd"));

        Assert.Equal([0xab, 0xcd], await tpm.Device.GetRandomAsync(2, CancellationToken.None));
        Assert.Equal(3, tpm.Commands.Count);
    }

    [Fact]
    public async Task A_tpm_that_stays_busy_is_given_up()
    {
        var tpm = new ScriptedTpm(ScriptedTpm.Refusal(0x922));

        await Assert.ThrowsAsync<TpmException>(() => tpm.Device.GetRandomAsync(2, CancellationToken.None).AsTask());
        Assert.InRange(tpm.Commands.Count, 5, 50);
    }

    [Fact]
    public async Task Lying_answers_are_malformed_data()
    {
        byte[][] lies =
        [
            ScriptedTpm.Answer(""), ScriptedTpm.Answer("00"), ScriptedTpm.Answer("ffff00"),
            ScriptedTpm.AuthorizedAnswer("0000", parameterSize: uint.MaxValue), ScriptedTpm.AuthorizedAnswer("0000", parameterSize: 0),
        ];

        foreach (var lie in lies)
        {
            var device = new ScriptedTpm(lie).Device;
            await Assert.ThrowsAsync<MalformedDataException>(() => device.GetRandomAsync(4, CancellationToken.None).AsTask());
        }
    }

    [Fact]
    public async Task A_bank_that_is_not_allocated_ends_the_reading()
    {
        var tpm = new ScriptedTpm(ScriptedTpm.Answer("00000001" + "00000001" + "000b03000000" + "00000000"));

        await Assert.ThrowsAsync<TpmUnavailableException>(() => tpm.Device.PcrReadAsync(TpmAlgorithm.Sha256, CancellationToken.None).AsTask());
        Assert.Single(tpm.Commands);
    }

    [Fact]
    public async Task An_undefined_nv_index_is_null_and_other_refusals_are_not()
    {
        Assert.Null(await new ScriptedTpm(ScriptedTpm.Refusal(0x18B)).Device.NvReadAsync(0x01c0_0002, CancellationToken.None));
        await Assert.ThrowsAsync<TpmException>(
            () => new ScriptedTpm(ScriptedTpm.Refusal(0x101)).Device.NvReadAsync(0x01c0_0002, CancellationToken.None).AsTask());
    }

    [Fact]
    public async Task Wrong_arguments_never_reach_the_tpm()
    {
        var tpm = new ScriptedTpm(ScriptedTpm.AuthorizedAnswer(""));

        await Assert.ThrowsAsync<ArgumentException>(() => tpm.Device.PcrExtendAsync(8, new byte[31], CancellationToken.None).AsTask());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => tpm.Device.PcrExtendAsync(24, new byte[32], CancellationToken.None).AsTask());
        Assert.Empty(tpm.Commands);
    }
}
