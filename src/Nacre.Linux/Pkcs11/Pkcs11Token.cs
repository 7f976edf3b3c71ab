using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Nacre.Linux.Pkcs11;

/// <summary>
/// A token with its user logged in, and a bounded number of sessions that callers share: each session does one thing at a time. A session
/// that the token has forgotten is replaced, and its work done again once.
/// </summary>
public sealed class Pkcs11Token : IDisposable
{
    private readonly Pkcs11Module _module;
    private readonly Pkcs11Slot _slot;
    private readonly byte[] _pin;
    private readonly TimeSpan _timeout;
    private readonly SemaphoreSlim _free;
    private readonly ConcurrentBag<Pkcs11Session> _idle = [];
    private volatile bool _pinRefused;
    private volatile bool _disposed;

    private Pkcs11Token(Pkcs11Module module, Pkcs11Slot slot, ReadOnlySpan<byte> pin, int sessions, TimeSpan timeout)
    {
        (_module, _slot, _pin, _timeout) = (module, slot, pin.ToArray(), timeout);
        _free = new SemaphoreSlim(sessions);
    }

    /// <param name="module">The token's library.</param>
    /// <param name="slot">Where the token is.</param>
    /// <param name="pin">Of its user, in UTF-8; a copy is kept for sessions that are opened later.</param>
    /// <param name="sessions">At most so many at once.</param>
    /// <param name="timeout">For one piece of work; null for 30 seconds.</param>
    /// <exception cref="Pkcs11Exception">The token does not take the PIN, or has no session to give.</exception>
    public static Pkcs11Token Open(
        Pkcs11Module module, Pkcs11Slot slot, ReadOnlySpan<byte> pin, int sessions = 8, TimeSpan? timeout = null)
    {
        var token = new Pkcs11Token(module, slot, pin, sessions, timeout ?? TimeSpan.FromSeconds(30));
        try
        {
            token._idle.Add(token.OpenSession());
            return token;
        }
        catch
        {
            token.Dispose();
            throw;
        }
    }

    /// <summary>Lends a session to <paramref name="work"/>, on a thread of its own because calls block.</summary>
    /// <exception cref="Pkcs11Exception">The token refused, or did not answer in time.</exception>
    public async ValueTask<T> UseAsync<T>(Func<Pkcs11Session, T> work, CancellationToken cancel)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!await _free.WaitAsync(_timeout, cancel))
            throw Late();

        // A call that never returns keeps its place: there is no way to stop it.
        var running = Task.Run(
            () =>
            {
                try
                {
                    return Run(work);
                }
                finally
                {
                    _free.Release();
                }
            },
            CancellationToken.None);
        try
        {
            return await running.WaitAsync(_timeout, cancel);
        }
        catch (TimeoutException)
        {
            throw Late();
        }
    }

    /// <summary>Closes the sessions that nobody uses; those in use close when they come back.</summary>
    public void Dispose()
    {
        _disposed = true;
        CloseIdle();
        CryptographicOperations.ZeroMemory(_pin);
    }

    private T Run<T>(Func<Pkcs11Session, T> work)
    {
        Pkcs11Session? session = _idle.TryTake(out var idle) ? idle : OpenSession();
        try
        {
            return work(session);
        }
        catch (Pkcs11Exception e) when (IsLost(e.Code))
        {
            session.Dispose();
            session = null;
            CloseIdle();
            session = OpenSession();
            return work(session);
        }
        finally
        {
            if (session is not null)
                _idle.Add(session);
            if (_disposed)
                CloseIdle();
        }
    }

    private Pkcs11Session OpenSession()
    {
        // Some tokens lock after a few wrong tries.
        if (_pinRefused)
            throw new Pkcs11Exception("C_Login", Pkcs11Code.PinIncorrect, "refused before, and not tried again");

        ObjectDisposedException.ThrowIf(_disposed, this);
        var session = Pkcs11Session.Open(_module.Calls, _slot);
        try
        {
            session.Login(_pin);
            return session;
        }
        catch (Pkcs11Exception e)
        {
            _pinRefused = e.Code == Pkcs11Code.PinIncorrect;
            session.Dispose();
            throw;
        }
    }

    private void CloseIdle()
    {
        while (_idle.TryTake(out var session))
            session.Dispose();
    }

    private Pkcs11Exception Late() => new($"token '{_slot.TokenLabel}'", Pkcs11Code.NoAnswer, $"after {_timeout.TotalSeconds:0.#} s");

    private static bool IsLost(Pkcs11Code code) => code is Pkcs11Code.SessionClosed or Pkcs11Code.SessionHandleInvalid
        or Pkcs11Code.UserNotLoggedIn or Pkcs11Code.DeviceRemoved or Pkcs11Code.TokenNotPresent;
}
