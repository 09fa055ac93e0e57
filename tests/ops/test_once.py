"""What a process makes once."""

from threading import Barrier, Thread

from crm.once import once


def test_threads_that_come_together_get_the_same_one():
    made = []
    together = Barrier(8)

    @once
    def client() -> object:
        """The client."""
        made.append(object())
        return made[-1]

    got = []

    def come() -> None:
        together.wait(10)
        got.append(client())

    threads = [Thread(target=come) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(got) == 8
    assert len(made) == 1
    assert {id(one) for one in got} == {id(made[0])}
    assert client.__doc__ == "The client."
    client.forget()
    assert client() is not made[0]
