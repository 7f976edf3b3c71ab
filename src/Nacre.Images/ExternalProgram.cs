using System.ComponentModel;
using System.Diagnostics;

namespace Nacre.Images;

/// <summary>What a program answered.</summary>
internal sealed record ProgramAnswer(int ExitCode, byte[] Output, byte[] Error);

/// <summary>
/// Runs a program that answers a question: input on its standard input, the answer on its standard output. No shell, a bounded time, and
/// only so much of the answer is read; a program that goes on is ended.
/// </summary>
internal static class ExternalProgram
{
    private const int LargestAnswer = 1 << 20;

    /// <exception cref="ImageException">It cannot be started, or gives no answer in time.</exception>
    public static async ValueTask<ProgramAnswer> AskAsync(
        string program, IEnumerable<string> arguments, ReadOnlyMemory<byte> input, TimeSpan timeout, CancellationToken cancel)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(timeout);
        using var process = Start(start);
        try
        {
            var output = ReadAsync(process.StandardOutput.BaseStream, limit.Token);
            var error = ReadAsync(process.StandardError.BaseStream, limit.Token);
            await WriteAsync(process, input, limit.Token);
            var answer = (await output, await error);
            await process.WaitForExitAsync(limit.Token);
            return new(process.ExitCode, answer.Item1, answer.Item2);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new ImageException(
                ImageFault.KeyUnavailable, $"{program} gave no answer within {timeout.TotalSeconds:F0} s", program, "run it by hand", e);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    private static Process Start(ProcessStartInfo info)
    {
        try
        {
            return Process.Start(info)!;
        }
        catch (Win32Exception e)
        {
            throw new ImageException(
                ImageFault.KeyUnavailable, $"{info.FileName} cannot be started: {e.Message}", info.FileName, "install it, or take it out of the configuration", e);
        }
    }

    private static async Task WriteAsync(Process process, ReadOnlyMemory<byte> input, CancellationToken cancel)
    {
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(input, cancel);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading all; its exit code and what it said tell why.
        }
    }

    private static async Task<byte[]> ReadAsync(Stream stream, CancellationToken cancel)
    {
        using var answer = new MemoryStream();
        var buffer = new byte[16 * 1024];
        int count;
        while ((count = await stream.ReadAsync(buffer, cancel)) > 0)
        {
            // What is too much is read and dropped, so that the program comes to its end; the reader of the answer finds it cut off.
            if (answer.Length + count <= LargestAnswer)
                await answer.WriteAsync(buffer.AsMemory(0, count), cancel);
        }

        return answer.ToArray();
    }
}
