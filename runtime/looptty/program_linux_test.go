package looptty_test

func child(string) {}
