long square(int number);
long square(int number) { return long{number} * number; }
